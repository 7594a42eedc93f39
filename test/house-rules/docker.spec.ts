import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentSchema } from '@app/config';

const read = (name: string): string => readFileSync(join(__dirname, '../..', name), 'utf8');

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  ports?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
}

describe('docker-compose.yml', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };

  it('should have the four services on the ports that the README names', () => {
    expect(Object.keys(services).sort()).toEqual(['app', 'mongo', 'redis', 'worker']);
    expect(services['app']?.ports).toEqual(['8000:8000']);
    expect(services['mongo']?.ports).toEqual(['127.0.0.1:27017:27017']);
    expect(services['redis']?.ports).toEqual(['127.0.0.1:6379:6379']);
  });

  it('should set only variables that exist, and never a default secret', () => {
    for (const name of ['app', 'worker']) {
      const environment = services[name]?.environment ?? {};
      expect(Object.keys(environment).filter((variable) => !(variable in environmentSchema.shape))).toEqual([]);
      expect(environment['SECRET_KEY']).toMatch(/^\$\{SECRET_KEY:\?/);
    }
  });

  it('should give every service a health check, and Redis a policy that evicts nothing', () => {
    expect(Object.values(services).every(({ healthcheck }) => (healthcheck?.test.length ?? 0) > 1)).toBe(true);
    expect(services['redis']?.command).toEqual(expect.arrayContaining(['--maxmemory-policy', 'noeviction']));
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('should run as somebody without rights, in production, with an exec-form command', () => {
    const final = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    expect(final).toMatch(/^USER node$/m);
    expect(final).toMatch(/^ENV NODE_ENV=production$/m);
    expect(final).toMatch(/^CMD \["node", .*"dist\/apps\/api\/src\/main\.js"\]$/m);
  });

  it('should copy nothing that the ignore file keeps out of the image', () => {
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.env', '.git', 'node_modules', '.data']));
  });
});
