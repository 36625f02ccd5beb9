import { expect, test, vi } from 'vitest'
import { loadScenario } from '../../src/config/load-scenario.ts'
import type { FaultStep, Scenario } from '../../src/config/scenario.ts'
import { runTag, sequenceOf } from '../../src/domain/trace-id.ts'
import type { RecordFault } from '../../src/faults/fault-counts.ts'
import type { LedgerExample } from '../../src/measure/run-record.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

// A whole lab of six threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 })

/** 600 actions a second for 1.5 s: 900, so that the ledger names every one of the few that suffer. */
async function smallScenario(faults: readonly FaultStep[]): Promise<Scenario> {
  const set = [
    'warmup=0s',
    'drain=30s',
    'load.actions.arrival={process: uniform}',
    'load.inventory.tps=0',
    'load.reads.tps=5',
    'load.canaries.tps=2',
    'catalogue.products=50',
    'objectives=[ledger clean]',
    // A busy machine must not make the run invalid: this is about what is in the log.
    'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
  ]
  const scenario = await loadScenario(
    'baseline',
    { tps: 600, durationMs: 1500, users: 200, seed: 11, set },
    {},
  )
  return { ...scenario, faults }
}

const VERDICTS: Record<RecordFault, LedgerExample['verdict']> = {
  lose: 'lost',
  duplicate: 'duplicated',
  reorder: 'reordered',
}

test.each(['lose', 'duplicate', 'reorder'] as const)(
  'the ledger names exactly the events that suffered: %s',
  async (kind) => {
    const scenario = await smallScenario([{ kind, every: 201 }])
    const { record, injected, logged } = await runSmallLab(scenario)
    const { ledger } = record
    const names = injected.listed.map(({ traceId }) => traceId).sort()

    expect(names.length).toBeGreaterThanOrEqual(2)
    expect(injected.listed.every((injection) => injection.kind === kind)).toBe(true)
    expect(ledger.examples.map(({ verdict, traceId }) => ({ verdict, traceId })).sort(byTraceId)).toEqual(
      names.map((traceId) => ({ verdict: VERDICTS[kind], traceId })),
    )
    const { lost, duplicated, reordered } = ledger
    expect({ lost, duplicated, reordered, unseen: ledger.unseen }).toEqual({
      lost: 0,
      duplicated: 0,
      reordered: 0,
      unseen: 0,
      [VERDICTS[kind]]: names.length,
    })
    expect(ledger.clean).toBe(false)
    expect(record.verdict).toBe('loss')
    expect(record.load.failed).toBe(0)
    expect(record.notes.join('\n')).toContain(`one user action in 201`)
    // The ledger is not believed alone: this is what the log holds.
    const tag = runTag(scenario.seed, 'action')
    expect(whatTheLogSays(kind, logged, { sent: record.load.sent, tag })).toEqual(
      names.map((traceId) => sequenceOf(traceId, tag)),
    )
  },
)

test('a stall of a second shows in due to done, not only in send to done', async () => {
  const scenario = await smallScenario([{ kind: 'stall', atMs: 300, forMs: 1000 }])
  const { record, injected } = await runSmallLab(scenario)
  const { ack } = record.stages
  expect(injected.stalled).toBeGreaterThan(0)
  // Two thirds of the events were due while the log did not answer; only those in flight were sent by then.
  expect(ack!.p90Ms).toBeGreaterThan(500)
  expect(ack!.p99Ms).toBeGreaterThan(900)
  expect(ack!.maxMs).toBeGreaterThanOrEqual(990)
  expect(ack!.sendToDone.p90Ms).toBeLessThan(ack!.p90Ms!)
  expect(injected.listed).toEqual([])
  expect(record.ledger.examples).toEqual([])
  expect(record.ledger.clean).toBe(true)
  expect(record.ledger.processed).toBe(record.ledger.acknowledged)
})

/** Numbers of the actions that are missing, stored twice, or stored after a later one of their user. */
function whatTheLogSays(
  kind: RecordFault,
  logged: ReadonlyMap<string, readonly string[]>,
  { sent, tag }: { sent: number; tag: number },
): number[] {
  const byUser = [...logged.values()].map((ids) => ids.map((id) => sequenceOf(id, tag)).filter((n) => n >= 0))
  const all = byUser.flat()
  if (kind === 'duplicate') return sorted(all.filter((number, i) => all.indexOf(number) < i))
  if (kind === 'reorder') return sorted(byUser.flatMap(lateOnes))
  const present = new Set(all)
  return Array.from({ length: sent }, (_, number) => number).filter((number) => !present.has(number))
}

function lateOnes(numbers: readonly number[]): number[] {
  return numbers.filter((number, i) => numbers.slice(0, i).some((earlier) => earlier > number))
}

function sorted(numbers: number[]): number[] {
  return numbers.sort((a, b) => a - b)
}

function byTraceId(a: { traceId: string }, b: { traceId: string }): number {
  return a.traceId < b.traceId ? -1 : 1
}
