import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeShardPart, encodeShardPart, type ShardPart } from '../../src/app/shards/shard-part.ts'
import { formatTraceId, runTag } from '../../src/domain/trace-id.ts'
import type { FinalReading } from '../../src/measure/final-read.ts'
import { encodeHistogram } from '../../src/measure/latency-histogram.ts'
import { LatencyRecorder, type RecorderSnapshot } from '../../src/measure/latency-recorder.ts'
import { APPEND, createLedger, type LedgerBuffers, openLedger } from '../../src/measure/ledger.ts'
import { encodeLedger, readLedger } from '../../src/measure/ledger-file.ts'
import { judgeLedger } from '../../src/measure/ledger-verdict.ts'
import { LedgerWriter } from '../../src/measure/ledger-writer.ts'
import { SnapshotSum } from '../../src/measure/merge-snapshots.ts'
import { uniteLedgers } from '../../src/measure/unite-ledgers.ts'

const SEED = 11
const STAGES = ['index', 'preference']
const SHARDS = 3
const traceIdOf = (_stream: string, sequence: number): string =>
  formatTraceId(1_700_000_000_000, runTag(SEED, 'action'), sequence)

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-shards-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const shard = fc.integer({ min: 0, max: SHARDS - 1 })
/** One event: who sends it, how that ends, who applies it where (twice is a fault), who finds it applied, its mark. */
const event = fc.record({
  sender: shard,
  outcome: fc.constantFrom('acknowledged', 'failed', 'indeterminate', 'none'),
  applied: fc.array(fc.record({ by: shard, stage: fc.constantFrom(0, 1) }), { maxLength: 4 }),
  found: fc.array(fc.record({ by: shard, stage: fc.constantFrom(0, 1) }), { maxLength: 2 }),
  mark: fc.integer({ min: 0, max: 0xff }),
})
type Told = typeof event extends fc.Arbitrary<infer E> ? E : never

const emptyLedger = (count: number): LedgerBuffers =>
  createLedger({ seed: SEED, streams: { action: { count, stages: STAGES } } })

/** The ledger of one process that saw what `sees` lets through; what was found had been applied before. */
function ledgerOf(events: readonly Told[], sees: (by: number) => boolean): LedgerBuffers {
  const ledger = emptyLedger(events.length)
  const writer = new LedgerWriter(ledger)
  const appends = writer.appends('action')
  const effects = STAGES.map((stage) => writer.effects(stage))
  events.forEach(({ sender, outcome, applied, found }, sequence) => {
    if (sees(sender) && outcome !== 'none') {
      appends.sent(sequence, 0)
      appends[outcome](sequence)
    }
    const id = traceIdOf('action', sequence)
    for (const { by, stage } of applied) if (sees(by)) effects[stage]!.applied(id)
    for (const { by, stage } of found) if (sees(by)) effects[stage]!.found(id)
  })
  return ledger
}

const readingOf = (events: readonly Told[]): FinalReading => ({
  records: events.length,
  foreign: 0,
  undecodable: 0,
  deadLetters: 0,
  marks: [Uint16Array.from(events, ({ mark }) => mark)],
  truncated: [],
  reorderings: [],
})

test('the united ledgers of all shards are judged as the ledger of one process that saw everything', () =>
  fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
      const reading = readingOf(events)
      const whole = ledgerOf(events, () => true)
      const streams = await Promise.all(
        Array.from({ length: SHARDS }, async (_, index) => {
          const path = join(directory, `${index}.bin`)
          writeFileSync(
            path,
            await encodeLedger(
              ledgerOf(events, (by) => by === index),
              reading,
            ),
          )
          return { name: `shard ${index + 1}`, streams: await readLedger(path) }
        }),
      )
      const united = uniteLedgers(streams)
      const judged = judgeLedger({
        ledger: united.ledger,
        reading: { ...reading, marks: united.marks },
        traceIdOf,
      })
      expect(judged).toEqual(judgeLedger({ ledger: whole, reading, traceIdOf }))
    }),
    { numRuns: 60 },
  ))

test('an event that two shards sent is refused: they are not of one run', async () => {
  const sent: Told[] = [{ sender: 0, outcome: 'acknowledged', applied: [], found: [], mark: 1 }]
  const ledgers = ['a', 'b'].map((name) => {
    const [account] = openLedger(ledgerOf(sent, () => true))
    const { stream, tag, stages, states, effects } = account!
    expect(states[0]).toBe(APPEND.acknowledged)
    return { name, streams: [{ stream, tag, stages, states, effects, marks: Uint16Array.of(1) }] }
  })
  expect(() => uniteLedgers(ledgers)).toThrow(/Event 0 of stream action was sent by a and by b/)
})

test('a file that is no ledger, or half of one, is refused by its name', async () => {
  const path = join(directory, 'half.bin')
  writeFileSync(path, 'no ledger')
  await expect(readLedger(path)).rejects.toThrow(/half\.bin is not a ledger of a shard/)
  await expect(readLedger(join(directory, 'none.bin'))).rejects.toThrow(/none\.bin/)
})

const sample = fc.record({
  by: shard,
  dueUs: fc.integer({ min: 0, max: 8_000_000 }),
  latencyUs: fc.integer({ min: 0, max: 3_000_000 }),
  failed: fc.boolean(),
})

function record(
  recorder: LatencyRecorder,
  { dueUs, latencyUs, failed }: { dueUs: number; latencyUs: number; failed: boolean },
): void {
  recorder.sent(dueUs, dueUs + 5)
  const ack = recorder.measure('ack')
  if (failed) ack.failed(dueUs)
  else ack.done(dueUs, dueUs + latencyUs, dueUs + 5)
}

test('merging the shards’ parts, written and read back, gives the very figures of one recorder', () =>
  fc.assert(
    fc.asyncProperty(fc.array(sample, { maxLength: 80 }), async (samples) => {
      const all = new LatencyRecorder(1_000_000)
      const recorders = Array.from({ length: SHARDS }, () => new LatencyRecorder(1_000_000))
      for (const one of samples) {
        record(all, one)
        record(recorders[one.by]!, one)
      }
      const sum = new SnapshotSum()
      for (const recorder of recorders) sum.add((await stored(recorder.take())).snapshot)
      const whole = new SnapshotSum()
      whole.add(all.take())
      const [merged, one] = [sum.toMeasurements(0), whole.toMeasurements(0)]
      const figures = ({ measures, scheduleLag, intervals }: typeof merged) => ({
        lag: encodeHistogram(scheduleLag),
        measures: [...measures].map(([name, { dueToDone, sendToDone, failed }]) => [
          ...[name, failed, dueToDone.maxValue],
          ...[encodeHistogram(dueToDone), encodeHistogram(sendToDone)],
        ]),
        intervals: intervals.map(({ second, sent, measures: inSecond }) => [
          ...[second, sent],
          ...[...inSecond].map(([name, histogram]) => [name, encodeHistogram(histogram)]),
        ]),
      })
      expect(figures(merged)).toEqual(figures(one))
    }),
    { numRuns: 60 },
  ))

/** A part with this snapshot, through its file. */
async function stored(snapshot: RecorderSnapshot): Promise<ShardPart> {
  const part: ShardPart = {
    format: 'rep.shard/1',
    run: 'run',
    index: 1,
    facts: { scenario: 'x', hash: 'h', seed: SEED, shards: SHARDS, rep: '0' },
    boot: 'b',
    clockBoundUs: 0,
    originEpochMs: 0,
    lastDoneUs: 0,
    snapshot,
    books: [],
    reading: { records: 0, foreign: 0, undecodable: 0, deadLetters: 0, truncated: [], reorderings: [] },
    eventLoops: [],
    backlog: new Map([[-1, { behavior: 3 }]]),
  }
  const read = await decodeShardPart(await encodeShardPart(part))
  expect(read).toEqual(part)
  return read
}
