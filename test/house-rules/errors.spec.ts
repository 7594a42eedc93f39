import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const KINDS = 'malformed|unauthenticated|forbidden|not-found|not-acceptable|conflict|gone|stale|too-large|unsupported|invalid|unavailable';
const RAISED = new RegExp(`'([A-Z][A-Z0-9_]+)',\\s*'(?:${KINDS})'`, 'g');
const PROTOCOL = /code: '([A-Z][A-Z0-9_]+)', detail:/g;
const OF_THE_SERVER = ['DATABASE_UNAVAILABLE', 'INTERNAL_ERROR'];

describe('docs/errors.md', () => {
  it('should list the codes that replies can have, and no others', () => {
    const sources = ['apps', 'libs']
      .flatMap((part) => readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }).map((name) => join(part, name)))
      .filter((name) => /\/src\/.*\.ts$/.test(name) && !/spec\.ts$|embedded-mongo|testing/.test(name));
    const raised = sources.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return [...text.matchAll(RAISED), ...(file.endsWith('http/problem.ts') ? text.matchAll(PROTOCOL) : [])].map(([, code]) => code);
    });
    const documented = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)].map(
      ([, code]) => code,
    );
    expect([...documented].sort()).toEqual([...new Set([...raised, ...OF_THE_SERVER])].sort());
  });
});
