import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { loadScenario } from '../../src/config/load-scenario.ts'
import type { Scenario } from '../../src/config/scenario.ts'
import { createCodec } from '../../src/domain/codec.ts'
import { USER_ACTION } from '../../src/domain/topics.ts'
import { checkFeatures } from '../fixtures/features/check-features.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

// A whole lab of eight threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 600_000 })

const SET = [
  'warmup=500ms',
  'drain=2m',
  'load.reads.tps=5',
  'load.canaries.tps=5',
  'load.collector.timeout=1m',
  'catalogue.products=100',
  'pipeline.statistics.enabled=false',
  'pipeline.lake.enabled=false',
  'objectives=[ledger clean]',
  // A busy machine must not make the run invalid: this is about what is in the log.
  'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
]

const lake = mkdtempSync(join(tmpdir(), 'rep-clickstream-lake-'))
afterAll(() => rmSync(lake, { recursive: true, force: true }))

/** Statistics and lake as well: once is enough. */
const ALL = [
  'pipeline.statistics.enabled=true',
  'pipeline.lake.enabled=true',
  `pipeline.lake.where=${JSON.stringify(lake)}`,
]

async function small(set: readonly string[]): Promise<Scenario> {
  const scenario = await loadScenario(
    'clickstream',
    { tps: 300, durationMs: 2500, users: 80, seed: 5, set: [...SET, ...set] },
    {},
  )
  const { features } = scenario.pipeline
  const definitions = { ...features.definitions, latenessMs: 600_000 }
  return { ...scenario, pipeline: { ...scenario.pipeline, features: { ...features, definitions } } }
}

test.each([
  ['single posts', ['load.collector.senders=8', ...ALL]],
  ['batches', ['load.collector.senders=3', 'load.collector.batch=20', 'load.collector.wait=50ms']],
  ['two threads', ['load.threads=2', 'load.collector.senders=4']],
])('clickstream, %s: every event is in the log once, in order, with its context', async (_name, set) => {
  const scenario = await small(set)
  let checked = { users: 0, late: 0 }
  let withContext = 0
  const { record } = await runSmallLab(scenario, undefined, async (stack) => {
    checked = await checkFeatures(stack, scenario.pipeline.features.definitions)
    const codec = createCodec(stack.schemaIds)
    for (const { topic, partition, latest } of await stack.log.offsets(USER_ACTION)) {
      const records = await stack.log.read({ topic, partition, offset: 0 }, latest)
      withContext += records.filter(({ value }) => {
        const { context } = codec.decodeUserAction(value)
        return context?.page && context.device && context.weather && context.temporal && context.user
      }).length
    }
  })
  const { ledger, load } = record
  expect(ledger.examples).toEqual([])
  expect(ledger).toMatchObject({ clean: true, failed: 0, indeterminate: 0, lost: 0, reordered: 0 })
  expect(ledger.processed).toBe(ledger.acknowledged)
  expect(load.sent).toBe(load.offered)
  expect(record.verdict).toBe('pass')
  if (scenario.pipeline.statistics.enabled) expect(record.statistics).toMatchObject({ equal: true })
  // Its rows are an effect that the ledger counted.
  const files = readdirSync(lake, { recursive: true }).map(String)
  if (scenario.pipeline.lake.enabled) expect(files.some((name) => name.endsWith('.parquet'))).toBe(true)
  // Canaries have no context; everything else has all of it.
  expect(withContext).toBe(load.offered + load.warmup)
  expect(checked.users).toBeGreaterThan(30)
  expect(record.stages.freshness!.count).toBeGreaterThan(0)
  expect(record.stages.ack!.count).toBe(load.offered)
})

test('what the log loses, doubles or turns round behind the collector, the ledger finds', async () => {
  const scenario = await small(['load.canaries.tps=0', 'load.collector.senders=4'])
  const faults = (['lose', 'duplicate', 'reorder'] as const).map((kind, i) => ({ kind, every: 151 + 20 * i }))
  const { record, injected } = await runSmallLab({ ...scenario, faults })
  const { ledger } = record
  expect(injected.listed.length).toBeGreaterThan(5)
  const { lost, duplicated, reordered } = ledger
  const { lose, duplicate, reorder } = injected.counts
  expect({ lost, duplicated, reordered }).toEqual({ lost: lose, duplicated: duplicate, reordered: reorder })
  expect(record.verdict).toBe('loss')
})
