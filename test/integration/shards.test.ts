import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { catalogueOf } from '../../src/app/catalogue.ts'
import { actionSchedule, canaryCount, countOffered } from '../../src/app/offered.ts'
import { loadScenario } from '../../src/config/load-scenario.ts'
import { listEvents } from '../../src/load/list-events.ts'
import type { RunRecord } from '../../src/measure/run-record.ts'
import { live, NativeStack, nativeRuns } from '../fixtures/native-stack.ts'
import { type CliResult, rep } from '../fixtures/rep-cli.ts'

const LIMIT_MS = 10 * 60_000
const SET = [
  'catalogue.products=300',
  'drain=180s',
  'load.reads.tps=2',
  'load.canaries.tps=2',
  'load.inventory.tps=2',
]

const heaps = { kafkaHeapMb: 256, elasticsearchHeapMb: 512, registryHeapMb: 192 }
const stack = new NativeStack('parts', { portBase: 27_210, ...heaps })
const { root } = stack
/** Each shard drives 300 events a second of the 600. */
const simulate = (shard: string, ...others: string[]): Promise<CliResult> =>
  rep(
    [
      ...['simulate', '--tps', '600', '--users', '1000', '--duration', '10s', '--json', '--shard', shard],
      ...SET.flatMap((override) => ['--set', override]),
      ...['--stack', 'parts', '--data-dir', root, ...others],
    ],
    { cwd: root },
  )

beforeAll(async () => {
  if (nativeRuns) await stack.start()
}, LIMIT_MS)
afterAll(() => stack.remove(), LIMIT_MS)

test('the embedded stack takes no shards, and objectives of a part end no run', {
  timeout: LIMIT_MS,
}, async () => {
  const embedded = await rep(['simulate', '--shard', '1/2', '--data-dir', root], { cwd: root })
  expect(embedded.status).toBe(2)
  expect(embedded.stderr).toMatch(/embedded stack belongs to one process/)
  const breach = await simulate('1/2', '--abort-on-breach', '5s')
  expect(breach.status).toBe(2)
  expect(breach.stdout).toMatch(/--abort-on-breach does not go with --shard/)
})

live(
  'two shards are one run: every event of the whole schedule, once, and the books add up',
  { timeout: LIMIT_MS },
  async () => {
    const starting = simulate('1/2')
    // Shard 1 waits: one of another seed is not the one that it waits for.
    const stranger = await Promise.race([simulate('2/2', '--seed', '99'), starting.then(endedEarly)])
    expect(stranger.status, stranger.stdout + stranger.stderr).toBe(2)
    expect(stranger.stdout).toMatch(/shard 2\/2 of baseline .*seed 99.*shard 1\/2 of baseline .*seed 1,/)
    const [first, second] = await Promise.all([starting, simulate('2/2')])
    const parts = [first, second].map(({ status, stdout, stderr }) => {
      // A slow machine may make the schedule late; anything else is a fault.
      expect([0, 6], stderr + stdout).toContain(status)
      return JSON.parse(stdout) as RunRecord
    })
    for (const { ledger, objectives, conservation } of parts) {
      expect(ledger.clean, JSON.stringify(ledger)).toBe(true)
      expect([objectives, conservation]).toEqual([[], []])
    }
    const merged = await rep(
      ['report', 'merge', ...parts.map(({ id }) => id), '--json', '--data-dir', root],
      { cwd: root },
    )
    expect([0, 6, 99], merged.stderr).toContain(merged.status)
    const record = JSON.parse(merged.stdout) as RunRecord
    await expectWhole(record)
    for (const { stages } of parts)
      for (const measure of ['ack', 'index', 'preference'] as const)
        expect(record.stages[measure]!.count).toBeGreaterThan(stages[measure]?.count ?? 0)
    expect(record.stages.ack!.count).toBe(parts.reduce((sum, part) => sum + (part.stages.ack?.count ?? 0), 0))
    expect(record.manifest.shards?.map(({ index, clockBoundMs }) => [index, clockBoundMs])).toEqual([
      [1, 0],
      [2, 0],
    ])
    const refused = await rep(
      ['report', 'merge', parts[0]!.id, parts[0]!.id, 'nothing', '--data-dir', root],
      { cwd: root },
    )
    expect(refused.status).toBe(2)
    expect(refused.stderr).toMatch(/no run “nothing”/)
    expect(refused.stderr).toMatch(/Shard 1\/2 is there 2 times/)
    const alone = await rep(['report', 'merge', parts[1]!.id, '--data-dir', root], { cwd: root })
    expect(alone.stderr).toMatch(/Shard 1\/2 is missing/)
  },
)

/** Without shard 1 the others would only wait. */
function endedEarly({ status, stdout, stderr }: CliResult): never {
  throw new Error(`Shard 1 ended with status ${status} before the others were there: ${stderr}${stdout}`)
}

/** The merged record against the schedule of the whole scenario, which nobody drove as such. */
async function expectWhole(record: RunRecord): Promise<void> {
  const scenario = await loadScenario('baseline', { tps: 600, users: 1000, durationMs: 10_000, set: SET })
  const offered = countOffered(actionSchedule(scenario))
  const products = await catalogueOf({ scenario, source: { kind: 'generated' } })
  let changes = 0
  for (const { topic } of listEvents(scenario, { products })) if (topic === 'product.inventory.v1') changes++
  const all = offered.total + canaryCount(scenario) + changes
  expect(record.ledger, JSON.stringify(record.ledger.examples)).toMatchObject({
    acknowledged: all,
    processed: all,
    clean: true,
  })
  const measured = offered.total - offered.warmup
  expect(record.load).toMatchObject({ offered: measured, sent: measured, failed: 0, warmup: offered.warmup })
  expect(record.stages.ack!.count).toBe(measured)
  for (const stage of record.conservation) expect(stage.balanced, JSON.stringify(stage)).toBe(true)
  const behavior = record.conservation.find(({ stage }) => stage === 'behavior')!
  // A record that came again after a rebalance counts as a duplicate where its effect was there already.
  expect(behavior.out + behavior.duplicates).toBeGreaterThanOrEqual(offered.total + canaryCount(scenario))
  expect(record.objectives.find(({ text }) => text === 'ledger clean')?.met).toBe(true)
  const schema = JSON.parse(
    readFileSync(new URL('../../reports/run.schema.json', import.meta.url), 'utf8'),
  ) as object
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
  expect(validate(record), JSON.stringify(validate.errors)).toBe(true)
}
