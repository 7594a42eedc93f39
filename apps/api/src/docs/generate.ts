import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { parseConfig } from '@app/config';
import { createApp } from '../app.setup.js';
import { buildOpenApi } from './openapi.js';

/** Writes `docs/openapi.json`, or the file that is named. Preview mode builds no provider: nothing is connected and no setting is read. */
const app = await createApp(parseConfig({}), { preview: true });
writeFileSync(process.argv[2] ?? 'docs/openapi.json', `${JSON.stringify(buildOpenApi(app), null, 2)}\n`);
