import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { environmentSchema, parseConfig } from '@app/config';

const example = readFileSync(join(__dirname, '../../.env.example'), 'utf8');

describe('.env.example', () => {
  it('should name every variable of the schema and no other', () => {
    const named = [...example.matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
    expect([...named].sort()).toEqual(Object.keys(environmentSchema.shape).sort());
  });

  it('should show the defaults', () => {
    expect(parseConfig(parseEnv(example))).toEqual(parseConfig({}));
  });
});
