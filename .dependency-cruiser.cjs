/**
 * The rules between folders: documented and checked in one place (`npm run lint`). A row names a folder and
 * all that it may import of this project beside its own files; anything else is a violation, type imports too.
 */
const MAY_IMPORT = {
  // Ring buffers, hashes, time: small things with no domain.
  'src/kernel/': [],
  // One error class, one table of codes.
  'src/errors/': [],
  // Events, topics, codecs, vectors: pure functions, no I/O.
  'src/domain/': ['src/kernel/', 'src/errors/'],
  // What the pipeline needs of the outside world, in the domain's words.
  'src/ports/': ['src/domain/', 'src/kernel/', 'src/errors/'],
  // Scenario files, flags, environment. The objectives' grammar is measure's: a scenario's lines are checked by it.
  'src/config/': [
    'src/domain/',
    'src/kernel/',
    'src/errors/',
    'src/measure/objective-grammar.ts',
    'src/measure/parse-objective.ts',
  ],
  // A port on a vendor's client.
  'src/drivers/': ['src/ports/', 'src/domain/', 'src/kernel/', 'src/errors/'],
  // The stage contract (stage.ts) is shared with measure, which counts what stages report.
  // The pipeline, the load on it, the measuring of it, the faults in it: ports only, never a driver.
  'src/stages/': ['src/ports/', 'src/domain/', 'src/kernel/', 'src/errors/', 'src/config/'],
  'src/load/': ['src/ports/', 'src/domain/', 'src/kernel/', 'src/errors/', 'src/config/'],
  'src/measure/': [
    'src/ports/',
    'src/domain/',
    'src/kernel/',
    'src/errors/',
    'src/config/scenario.ts',
    'src/stages/stage.ts',
  ],
  'src/faults/': ['src/ports/', 'src/domain/', 'src/kernel/', 'src/errors/', 'src/config/'],
  // Complete sets of drivers.
  'src/stacks/': ['src/drivers/', 'src/ports/', 'src/domain/', 'src/kernel/', 'src/errors/', 'src/config/'],
  // HTTP in front of the stages.
  'src/serve/': [
    'src/stages/',
    'src/measure/',
    'src/ports/',
    'src/domain/',
    'src/kernel/',
    'src/errors/',
    'src/config/',
  ],
  // Runs in browsers, by itself: the collector serves it as it was built.
  'src/sdk/': [],
  // Renderers of the run record.
  'reports/': ['src/measure/', 'src/domain/', 'src/kernel/', 'src/errors/'],
  // The composition root: wires all of the above.
  'src/app/': ['src/', 'reports/'],
  // Flags in, one call of the app, printed result out; what it prints is the run record.
  'commands/': ['src/app/', 'src/config/', 'src/errors/', 'reports/', 'src/measure/run-record.ts'],
}

/** Folders whose parts never import each other: `<folder>/<part>/…`. Files directly in the folder are shared. */
const APART = {
  'src/stages/': 'Stages meet in the event log, not in code.',
  'src/drivers/': 'Drivers of one port never import those of another.',
}

/** Packages that only these folders may import. */
const ONLY_IN = [
  { packages: ['@oclif/core'], folders: ['commands/'] },
  {
    packages: [
      'lmdb',
      'usearch',
      '@platformatic/kafka',
      'kafkajs',
      'node-rdkafka',
      '@elastic/elasticsearch',
      'ioredis',
      'pg',
      '@electric-sql/pglite',
    ],
    folders: ['src/drivers/', 'src/stacks/'],
  },
  { packages: ['fastify', '@fastify/[^/]+'], folders: ['src/serve/'] },
  { packages: ['zod'], folders: ['src/config/'] },
  {
    packages: ['@huggingface/transformers', 'cockatiel', '@aws-sdk/[^/]+', '@duckdb/[^/]+'],
    folders: ['src/drivers/'],
  },
  // Parquet is to the lake what Avro is to the log: bytes of rows and back, no I/O.
  { packages: ['hyparquet', 'hyparquet-writer'], folders: ['src/domain/lake/'] },
  // A pool starts threads.
  { packages: ['piscina'], folders: ['src/app/'] },
]

const escaped = (text) => text.replaceAll('.', '\\.')
const startsWith = (folders) => `^(${folders.map(escaped).join('|')})`

const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder} imports only what its row allows`,
  severity: 'error',
  from: { path: startsWith([folder]) },
  to: { path: '^(src|commands|reports|test|bin)/', pathNot: startsWith([folder, ...allowed]) },
}))

const apartRules = Object.entries(APART).map(([folder, comment]) => ({
  name: `parts of ${folder} stay apart`,
  comment,
  severity: 'error',
  from: { path: `^${folder}([^/]+)/` },
  to: { path: `^${folder}[^/]+/`, pathNot: `^${folder}$1/` },
}))

const packageRules = ONLY_IN.map(({ packages, folders }) => ({
  name: `${packages.join(', ')} only in ${folders.join(', ')}`,
  severity: 'error',
  from: { pathNot: startsWith(folders) },
  to: { path: `^node_modules/(${packages.map(escaped).join('|')})/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...folderRules,
    ...apartRules,
    ...packageRules,
    {
      name: 'every folder has a row',
      comment: 'A new folder below src/ needs a row in MAY_IMPORT.',
      severity: 'error',
      from: { path: '^src/', pathNot: startsWith(Object.keys(MAY_IMPORT)) },
      to: {},
    },
    {
      name: 'threads start only in src/app/',
      comment: 'Elsewhere node:worker_threads would hide who owns a thread and its shutdown.',
      severity: 'error',
      from: { pathNot: '^src/app/' },
      to: { path: '^(node:)?worker_threads$' },
    },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'every import resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'only declared packages',
      comment: 'A package that package.json does not list works by accident.',
      severity: 'error',
      from: { path: '^(src|commands|reports)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API to parse with; swc reads the sources, type imports included.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      // Without these two, imports of packages that have only `exports` pass unresolved, or not at all.
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
