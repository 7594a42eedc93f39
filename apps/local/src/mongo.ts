import { parseArgs } from 'node:util';
import { startEmbeddedMongo } from '@app/embedded-mongo';

const { values } = parseArgs({ options: { port: { type: 'string', default: '27017' }, data: { type: 'string' } } });
const server = await startEmbeddedMongo({ port: Number(values.port), ...(values.data !== undefined && { dataDir: values.data }) });
console.log(`ready ${server.url}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void server.close().then(() => process.exit(0));
  });
}
