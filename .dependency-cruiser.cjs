// The direction of imports: a library may import only libraries of strictly lower rank, apps are above them all.
const RANKS = {
  common: 0,
  'embedded-mongo': 0,
  language: 1,
  config: 1,
  connections: 2,
  jobs: 2,
  tasks: 3,
  idempotency: 3,
  users: 3,
  ai: 3,
  customers: 4,
  'chat-memory': 4,
  notifications: 5,
  chat: 6,
  erasure: 6,
};

const anyOf = (names) => `(${names.join('|')})`;
const TEST = '\\.(spec|int-spec|e2e-spec|long-spec|fixture-spec)\\.ts$|^test/|/test/';
const KNOWN = `^libs/${anyOf([...Object.keys(RANKS), 'testing'])}/`;
const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const notBelow = (lib) => Object.keys(RANKS).filter((other) => other !== lib && RANKS[other] >= RANKS[lib]);

module.exports = {
  forbidden: [
    ...Object.keys(RANKS).map((lib) =>
      rule(`rank-${lib}`, { path: `^libs/${lib}/`, pathNot: TEST }, { path: `^libs/${anyOf(notBelow(lib))}/` }),
    ),
    rule('no-circular', {}, { circular: true }),
    rule('not-resolvable', {}, { couldNotResolve: true }),
    rule('unranked-lib', {}, { path: '^libs/', pathNot: KNOWN }),
    rule('unranked-lib-from', { path: '^libs/', pathNot: KNOWN }, {}),
    rule('libs-not-to-apps', { path: '^libs/' }, { path: '^apps/' }),
    rule('app-not-to-other-app', { path: '^apps/([^/]+)/' }, { path: '^apps/', pathNot: '^apps/$1/' }),
    rule(
      'lib-only-through-index',
      { path: '^libs/([^/]+)/' },
      { path: '^libs/[^/]+/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    ),
    rule('app-lib-only-through-index', { path: '^apps/' }, { path: '^libs/[^/]+/', pathNot: '^libs/[^/]+/src/index\\.ts$' }),
    rule('testing-only-from-specs', { path: '^(apps|libs)/', pathNot: [TEST, '^libs/testing/'] }, { path: '^libs/testing/' }),
    rule(
      'embedded-mongo-only-local',
      { path: '^(apps|libs)/', pathNot: ['^apps/local/', '^libs/testing/', '^libs/embedded-mongo/'] },
      { path: '^libs/embedded-mongo/' },
    ),
    rule(
      'no-dev-dep-in-production',
      { path: '^(apps|libs)/[^/]+/src/', pathNot: [TEST, '^libs/testing/', '^apps/console/'] },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
