import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerRecord } from '../../src/measure/run-record.ts'
import type { EventLog } from '../../src/ports/event-log.ts'
import { DEAD_LETTERS, LedgerRun, TOPIC, traceIdOf } from '../fixtures/ledger-run.ts'
import { openTestLog } from '../fixtures/test-log.ts'

const FATES = [
  'well',
  'lost',
  'dropped',
  'duplicated',
  'appliedTwice',
  'late',
  'failed',
  'foundIndeterminate',
  'goneIndeterminate',
  'deadLettered',
] as const
type Fate = (typeof FATES)[number]

let log: EventLog
let closeLog: () => Promise<void>

beforeAll(async () => {
  ;({ log, close: closeLog } = await openTestLog())
  await log.ensureTopics([
    { name: TOPIC, partitions: 12 },
    { name: DEAD_LETTERS, partitions: 3 },
  ])
})

afterAll(() => closeLog())

/** One event: its key (a few, so that they meet) and what befalls it. */
const events = () =>
  fc.array(
    fc.record({
      key: fc.constantFrom('u1', 'u2', 'u3'),
      fate: fc.oneof({ weight: 4, arbitrary: fc.constant<Fate>('well') }, fc.constantFrom(...FATES)),
    }),
    { maxLength: 40 },
  )
type Story = { readonly key: string; readonly fate: Fate }[]

const STORED: readonly Fate[] = [
  'well',
  'dropped',
  'duplicated',
  'appliedTwice',
  'foundIndeterminate',
  'deadLettered',
]

/** The late events that really come behind another: the next of their key that is stored in its place. */
function successors(story: Story): Map<number, number> {
  const behind = new Map<number, number>()
  story.forEach(({ key, fate }, i) => {
    if (fate !== 'late') return
    const next = story.findIndex((event, j) => j > i && event.key === key && STORED.includes(event.fate))
    if (next >= 0) behind.set(i, next)
  })
  return behind
}

function tell(run: LedgerRun, story: Story, behind: ReadonlyMap<number, number>): void {
  story.forEach(({ key, fate }, i) => {
    run.appends.sent(i, 0)
    if (fate === 'failed') run.appends.failed(i)
    else if (fate.endsWith('Indeterminate')) run.appends.indeterminate(i)
    else run.appends.acknowledged(i)
    if (STORED.includes(fate) || (fate === 'late' && !behind.has(i))) run.store(i, key)
    if (fate === 'duplicated') run.store(i, key)
    // Latest first, so that of several events behind the same one each but the first is late.
    const waiting = [...behind].filter(([, next]) => next === i).map(([late]) => late)
    for (const late of waiting) run.store(late, key)
    if (fate === 'deadLettered') run.deadLetter(i, key)
    else if (fate === 'dropped') run.apply(i, [0])
    else if (STORED.includes(fate) || fate === 'late') run.apply(i)
    if (fate === 'appliedTwice') run.apply(i, [1])
  })
}

function named(record: LedgerRecord, verdict: string): string[] {
  return record.examples
    .filter((example) => example.verdict === verdict)
    .map(({ traceId }) => traceId)
    .sort()
}

test('the ledger names exactly the lost, duplicated and reordered events', async () => {
  await fc.assert(
    fc.asyncProperty(events(), async (story) => {
      const behind = successors(story)
      const run = await LedgerRun.begin(log, story.length)
      tell(run, story, behind)
      const record = await run.judge()
      const all = (...fates: Fate[]) => [...story.keys()].filter((i) => fates.includes(story[i]!.fate))
      const expected = {
        lost: all('lost', 'dropped'),
        duplicated: all('duplicated', 'appliedTwice'),
        reordered: [...behind.keys()],
        failed: all('failed'),
        indeterminate: all('foundIndeterminate', 'goneIndeterminate'),
        unseen: [],
      }
      for (const [verdict, sequences] of Object.entries(expected)) {
        expect(record[verdict as keyof typeof expected], verdict).toBe(sequences.length)
        const ids = sequences.map((sequence) => traceIdOf('action', sequence)).sort()
        if (ids.length <= 5) expect(named(record, verdict)).toEqual(ids)
        else expect(ids).toEqual(expect.arrayContaining(named(record, verdict)))
      }
      expect(record.dlq).toBe(all('deadLettered').length)
      expect(record.processed).toBe(all('well', 'duplicated', 'appliedTwice', 'late').length)
      expect(record.clean).toBe(record.lost + record.duplicated + record.reordered === 0)
    }),
  )
})
