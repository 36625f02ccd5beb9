import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadScenario, type Overrides } from '../../../src/config/load-scenario.ts'
import { DEFAULT_OBJECTIVES } from '../../../src/config/schema/scenario-schema.ts'
import { RepError } from '../../../src/errors/rep-error.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-scenario-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function load(yaml: string, overrides: Overrides = {}, env: NodeJS.ProcessEnv = {}) {
  const path = join(directory, 'mine.yaml')
  writeFileSync(path, yaml)
  return loadScenario(path, overrides, env)
}

/** The details of the refusal, the file's directory left out. */
async function faults(
  yaml: string,
  overrides?: Overrides,
  env?: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  try {
    await load(yaml, overrides, env)
  } catch (error) {
    if (!(error instanceof RepError)) throw error
    expect(error.code).toBe('REP_SCENARIO')
    return error.details.map((detail) => detail.replaceAll(`${directory}/`, ''))
  }
  return []
}

test('an empty file is a whole scenario', async () => {
  const scenario = await load('')
  expect(scenario).toMatchObject({ name: 'mine', title: 'mine', seed: 1, warmupMs: 3000, faults: [] })
  expect(scenario.startsAtMs).toBe(Date.parse('2026-01-05T09:00:00Z'))
  expect(scenario.load.actions).toEqual({
    tps: 10_000,
    arrival: { process: 'poisson' },
    phases: [{ shape: 'constant', durationMs: 20_000, rate: 1 }],
  })
  expect(scenario.objectives).toEqual(DEFAULT_OBJECTIVES)
})

test('every duration becomes ms, every percentage a share', async () => {
  const scenario = await load(`
load:
  actions:
    arrival: { process: bursty, on: 100ms, off: 1s }
    phases:
      - { shape: spike, duration: 1m, base: 0.5, peak: 2, spike: 5s }
      - { shape: sine, duration: 1m, min: 0, max: 1, period: 10s }
      - { shape: step, duration: 4s, from: 1, to: 2, steps: 4 }
  inventory: { dropShare: 12.5%, stockOut: { productRank: 3, every: 2s } }
  canaries: { poll: 500us }
pipeline:
  behavior: { flush: 2s }
  preference: { ttl: 1h, backup: 3s, weights: { VIEW: 0.5 } }
  recommend: { popularRefresh: 4s }
  inventory: { recent: 5s, dedupe: 6s }
  notify: { latency: 7ms, backoff: 8ms }
limits: { scheduleLagP99: 9ms, eventLoopP99: 10ms }
faults: [{ kind: stall, at: 1s, for: 2s }, { kind: lose, every: 10 }]
`)
  expect(scenario.load.actions.arrival).toEqual({ process: 'bursty', onMs: 100, offMs: 1000 })
  expect(scenario.load.actions.phases).toEqual([
    { shape: 'spike', durationMs: 60_000, base: 0.5, peak: 2, spikeMs: 5000 },
    { shape: 'sine', durationMs: 60_000, min: 0, max: 1, periodMs: 10_000 },
    { shape: 'step', durationMs: 4000, from: 1, to: 2, steps: 4 },
  ])
  expect(scenario.load.inventory).toMatchObject({
    dropShare: 0.125,
    stockOut: { productRank: 3, everyMs: 2000 },
  })
  expect(scenario.load.canaries.pollMs).toBe(0.5)
  expect(scenario.pipeline).toMatchObject({
    behavior: { flushMs: 2000 },
    preference: { ttlMs: 3_600_000, backupMs: 3000, weights: { VIEW: 0.5, PURCHASE: 1 } },
    recommend: { popularRefreshMs: 4000 },
    inventory: { recentMs: 5000, dedupeMs: 6000 },
    notify: { latencyMs: 7, backoffMs: 8 },
  })
  expect(scenario.limits).toEqual({ scheduleLagP99Ms: 9, eventLoopP99Ms: 10 })
  expect(scenario.faults).toEqual([
    { kind: 'stall', atMs: 1000, forMs: 2000 },
    { kind: 'lose', every: 10 },
  ])
})

test('every fault of a file is listed at once, with its line and column and what was probably meant', async () => {
  const found = await faults(`titel: x
warmup: 3
load:
  actions:
    tps: x
    phases:
      - { shape: constnt, duration: 3s }
      - { shape: constant, duration: 3 }
      - 5
  reads: 4
  inventory: { priceShare: 3, dropShare: a }
  canaries: { poll: 9s, users: 1.5 }
  reads: 4
users: { count: 5, hotUsers: 9 }
pipeline:
  notify: { channel: WEBHOK }
  behavior: { flsh: 1s }
tps: 4
seed:
objectives:
  - freshnes p99 < 1s
  - "ack p99 < 1 parsec"
`)
  expect(found.map((line) => line.replace(/ got .*/, ''))).toEqual([
    'mine.yaml:1:1: titel: unknown key; did you mean “title”?',
    'mine.yaml:2:9: warmup: expected a duration with a unit from 0ms to 1h, e.g. 20s or 200ms,',
    'mine.yaml:5:10: load.actions.tps: expected a number from 0.001 to 10000000,',
    'mine.yaml:7:18: load.actions.phases.0.shape: expected one of constant, ramp, step, spike, sine,',
    'mine.yaml:8:38: load.actions.phases.1.duration: expected a duration with a unit from 1ms to 2d, e.g. 20s or 200ms,',
    'mine.yaml:9:9: load.actions.phases.2: expected a map of keys,',
    'mine.yaml:11:28: load.inventory.priceShare: expected a share from 0 to 1, or a percentage such as 5%,'.replace(
      ':30:',
      ':28:',
    ),
    'mine.yaml:11:42: load.inventory.dropShare: expected a share from 0 to 1, or a percentage such as 5%,',
    'mine.yaml:12:21: load.canaries.poll: expected poll to be shorter than timeout',
    'mine.yaml:12:32: load.canaries.users: expected a whole number from 1 to 100000,',
    'mine.yaml:13:3: the key “reads” is given twice here; keep one',
    'mine.yaml:13:10: load.reads: expected a map of keys,',
    'mine.yaml:14:30: users.hotUsers: expected at most as many hot users as there are users (users.count)',
    'mine.yaml:16:22: pipeline.notify.channel: expected one of PUSH, SMS, WEBHOOK,',
    'mine.yaml:17:15: pipeline.behavior.flsh: unknown key; did you mean “pipeline.behavior.flush”?',
    'mine.yaml:18:1: tps: unknown key; did you mean “load.actions.tps” or “load.inventory.tps” or “load.reads.tps”?',
    'mine.yaml:19:1: seed: expected a whole number from 0 to 4294967295,',
    expect.stringMatching(/^mine\.yaml:21:5: objectives\.0: .*“freshness”\?$/),
    expect.stringMatching(/^mine\.yaml:22:18: objectives\.1: /),
  ])
  expect(found[3]).toMatch(/got “constnt”; did you mean “constant”\?$/)
  expect(found[13]).toMatch(/got “WEBHOK”; did you mean “WEBHOOK”\?$/)
})

test('syntax errors are listed with the faults before them, not with guesses behind them', async () => {
  const found = await faults('warmpu: 3s\nload: {actions: {tps: 4\nusers: [\nfoo: bar\n')
  expect(found[0]).toBe('mine.yaml:1:1: warmpu: unknown key; did you mean “warmup”?')
  expect(found.slice(1).map((line) => line.split(': ')[0])).toEqual(['mine.yaml:3:1', 'mine.yaml:4:1'])
})

test.each([
  ['just text', 'mine.yaml:1:1: expected a map of keys, got “just text”'],
  ['seed: 1\n---\nseed: 2', 'mine.yaml:2:1: a second document begins here; a scenario file holds one'],
  ['seed: *none', 'mine.yaml:1:1: Unresolved alias (the anchor must be set before the alias): none'],
  [
    'load: { actions: { phases: [{ shape: constant, duration: 1s, rate: 0 }] } }',
    'mine.yaml:1:28: load.actions.phases: expected at least one phase with a rate above 0: these send nothing',
  ],
  [
    'load: { actions: { phases: [] } }',
    'mine.yaml:1:28: load.actions.phases: expected at least one phase, got 0',
  ],
  [
    'pipeline: { notify: { channel: WEBHOOK } }',
    /^mine\.yaml:1:21: pipeline\.notify\.webhookUrl: expected an address/,
  ],
  [
    'faults: [{ kind: explode }]',
    /^mine\.yaml:1:18: faults\.0\.kind: expected one of lose, duplicate, reorder, stall,/,
  ],
  ['startsAt: yesterday', /^mine\.yaml:1:11: startsAt: expected a UTC time/],
  [
    'extends: baselin',
    /^mine\.yaml:1:10: extends: expected a built-in scenario .*did you mean “baseline”\?$/,
  ],
])('%s is refused', async (yaml, fault) => {
  const found = await faults(yaml)
  expect(found).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)])
})

test('a flag is stronger than the environment, which is stronger than the file', async () => {
  const file = 'seed: 3\nload: { actions: { tps: 3 } }\nusers: { count: 3 }'
  const env = { REP_TPS: '2k', REP_SEED: '2', REP_DURATION: '2s' }
  const scenario = await load(file, { tps: 1, set: ['load.actions.tps=5', 'users.zipf=0'] }, env)
  expect(scenario.load.actions).toMatchObject({ tps: 1, phases: [{ durationMs: 2000 }] })
  expect(scenario.seed).toBe(2)
  expect(scenario.users).toMatchObject({ count: 3, zipf: 0 })
  expect((await load(file, { durationMs: 1000 }, env)).load.actions.phases).toMatchObject([
    { durationMs: 1000 },
  ])
})

test('--set reaches into lists, into defaults and into what is null', async () => {
  const { load: settings, objectives } = await load('', {
    set: [
      'load.actions.phases[0].rate=0.5',
      'load.inventory.stockOut.every=2s',
      'objectives.0=freshness p99 < 2s',
    ],
  })
  expect(settings.actions.phases).toEqual([{ shape: 'constant', durationMs: 20_000, rate: 0.5 }])
  expect(settings.inventory.stockOut).toEqual({ productRank: 0, everyMs: 2000 })
  expect(objectives[0]).toBe('freshness p99 < 2s')
})

test('faults of flags and environment are named as their author knows them', async () => {
  const set = ['load.actoins.tps=4', 'load.reads.tps=x', 'foo', 'objectives.0=ack p99 < 1 parsec']
  const env = { REP_DURATION: '4', REP_USERS: 'many', REP_TPS: '' }
  expect(await faults('', { tps: -1, set }, env)).toEqual([
    'REP_USERS=many: users.count: expected a whole number from 1 to 50000000, got “many”',
    '--set load.actoins.tps=4: load.actoins: unknown key; did you mean “load.actions”?',
    '--set load.reads.tps=x: load.reads.tps: expected a number from 0 to 1000000, got “x”',
    expect.stringMatching(/^--set objectives\.0=ack p99 < 1 parsec: objectives\.0: /),
    '--tps -1: load.actions.tps: expected a number from 0.001 to 10000000, got -1',
    'REP_DURATION=4: expected a duration with a unit, e.g. 20s, 200ms or 1m30s, got “4”',
    '--set foo: expected path=value, e.g. load.reads.tps=100',
  ])
})

test('a file may build on a built-in scenario: maps are merged, lists replaced, its title is not inherited', async () => {
  const base = await loadScenario('flash-sale', {}, {})
  const scenario = await load(
    'extends: flash-sale\nload: { actions: { tps: 10, arrival: { process: uniform } } }\nobjectives: [ledger clean]',
  )
  expect(scenario.title).toBe('mine')
  expect(scenario.objectives).toEqual(['ledger clean'])
  expect(scenario.load.actions).toEqual({ ...base.load.actions, tps: 10, arrival: { process: 'uniform' } })
  expect(scenario.catalogue).toEqual(base.catalogue)
})

test('objectives that nothing drives are left out unless the author wrote them: then they are a fault', async () => {
  const quiet = 'load: { canaries: { tps: 0 }, reads: { tps: 0 }, inventory: { tps: 0 } }'
  expect((await load(quiet)).objectives).toEqual(['ack p99.9 < 250ms', 'rate >= 99%', 'ledger clean'])
  expect(await faults(`${quiet}\nobjectives: [freshness p99 < 1s, ledger clean]`)).toEqual([
    expect.stringMatching(/^mine\.yaml:2:14: objectives\.0: there are no canaries to measure this by/),
  ])
})

test('a catalogue’s path starts at the file that names it, or at the working directory for --set', async () => {
  expect((await load('catalogue: { file: products.csv }')).catalogue.file).toBe(
    join(directory, 'products.csv'),
  )
  expect((await load('', { set: ['catalogue.file=products.csv'] })).catalogue.file).toBe(
    resolve('products.csv'),
  )
})

test('an unknown name lists the built-in ones, a missing file says so', async () => {
  await expect(loadScenario('flsh-sale', {}, {})).rejects.toMatchObject({
    code: 'REP_NOT_FOUND',
    message: expect.stringContaining('Did you mean “flash-sale”?'),
    details: [
      expect.stringContaining('baseline, clickstream, cold-start'),
      expect.stringContaining('./flsh-sale.yaml'),
    ],
  })
  await expect(loadScenario(join(directory, 'none.yaml'), {}, {})).rejects.toMatchObject({
    code: 'REP_NOT_FOUND',
  })
})

test('keys that name parts of JavaScript are unknown keys like any other', async () => {
  expect(await faults('__proto__: { seed: 5 }\nconstructor: 1')).toEqual([
    expect.stringMatching(/^mine\.yaml:1:1: __proto__: unknown key/),
    expect.stringMatching(/^mine\.yaml:2:1: constructor: unknown key/),
  ])
  expect(await faults('', { set: ['__proto__.seed=5'] })).toEqual([expect.stringContaining('unknown key')])
})

test.each([
  ['load.model=posts', 'load.through: expected through: collector'],
  ['catalogue.steps=[10, 5]', 'catalogue.steps: expected rising numbers'],
  [
    'catalogue.steps=[10, 50]',
    'catalogue.steps: expected rising numbers, the last of which is catalogue.posts',
  ],
  [
    'load.posts={view: 0, click: 0, like: 0, unlike: 0, search: 0, recent: 0, read: 0, list: 0}',
    'load.posts: expected at least one weight above 0',
  ],
])('--set %s is refused where it does not fit the rest', async (set, message) => {
  const refused = loadScenario('baseline', { set: [set] }, {})
  await expect(refused).rejects.toMatchObject({
    code: 'REP_SCENARIO',
    details: expect.arrayContaining([expect.stringContaining(message)]),
  })
})

test('statistics are refused together with several steps of posts, and allowed with one', async () => {
  const posts = 'load: { model: posts, through: collector }\n'
  const on = { set: ['pipeline.statistics.enabled=true'] }
  expect(await faults(`${posts}catalogue: { posts: 50, steps: [10, 50] }`, on)).toEqual([
    '--set pipeline.statistics.enabled=true: pipeline.statistics.enabled: cannot be true together with several catalogue.steps, whose counts cannot be told apart; leave one of them out',
  ])
  expect(await faults(`${posts}catalogue: { posts: 50, steps: [50] }`, on)).toEqual([])
  expect(await faults(`${posts}catalogue: { posts: 50, steps: [10, 50] }`)).toEqual([])
})
