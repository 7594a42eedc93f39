/** @jest-config-loader-options {"swc": true} */
import type { Config } from 'jest';

/** Packages that ship ES modules only; Jest runs CommonJS, so they are transformed like our own sources. */
const esmOnly = [
  '@nestjs',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'content-disposition',
  'cookie',
];

const typescript = {
  target: 'es2022',
  parser: { syntax: 'typescript', decorators: true },
  keepClassNames: true,
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
};

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testRegex: process.env['TEST_LONG'] ? '\\.long-spec\\.ts$' : '\\.(spec|int-spec|e2e-spec)\\.ts$',
  maxWorkers: 2,
  testTimeout: 30_000,
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: typescript, module: { type: 'commonjs' }, sourceMaps: 'inline' }],
    '^.+\\.m?js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^@app/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  reporters: ['default', '<rootDir>/scripts/jest-summary.cjs'],
};

export default config;
