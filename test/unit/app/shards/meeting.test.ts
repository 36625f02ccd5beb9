import { afterEach, beforeEach, expect, test } from 'vitest'
import { LeadMeeting } from '../../../../src/app/shards/lead-meeting.ts'
import { MemberMeeting } from '../../../../src/app/shards/member-meeting.ts'
import { startHere } from '../../../../src/app/shards/run-clock.ts'
import type { ShardFacts } from '../../../../src/app/shards/shard-facts.ts'
import type { ShardMeeting } from '../../../../src/app/shards/shard-meeting.ts'
import { LmdbKeyValue } from '../../../../src/drivers/key-value/lmdb.ts'
import { openTemporaryState, type TemporaryState } from '../../../fixtures/temporary-state.ts'

let state: TemporaryState
let met: ShardMeeting[]
const lines: string[] = []

beforeEach(async () => {
  state = await openTemporaryState()
  met = []
  lines.length = 0
})
afterEach(async () => {
  await Promise.all(met.map((meeting) => meeting.close()))
  await state.close()
})

const FACTS: ShardFacts = { scenario: 'ramp', hash: 'abc', seed: 7, shards: 3, rep: '0.1.0' }

function meet(
  index: number,
  options: { facts?: Partial<ShardFacts>; patienceMs?: number; signal?: AbortSignal } = {},
): ShardMeeting {
  const facts = { ...FACTS, ...options.facts }
  const Meeting = index === 1 ? LeadMeeting : MemberMeeting
  const meeting = new Meeting({
    store: new LmdbKeyValue(state.environment, state.writer),
    storeTimeUs: async () => Date.now() * 1e3,
    shard: { index, of: facts.shards },
    facts,
    signal: options.signal ?? new AbortController().signal,
    log: (line) => lines.push(line),
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
  })
  met.push(meeting)
  return meeting
}

test('shards wait for each other, start at one due time 0, and end together', async () => {
  const members = [meet(2), meet(3)]
  const lead = meet(1)
  const all = [lead, ...members]
  await Promise.all(all.map((meeting) => meeting.prepared()))
  expect(new Set(all.map(({ run }) => run)).size).toBe(1)
  const starts = await Promise.all(all.map((meeting) => meeting.start()))
  expect(new Set(starts.map(({ originUs }) => originUs)).size).toBe(1)
  for (const start of starts) expect(start).toMatchObject({ shiftUs: 0, boundUs: 0 })

  let drained = false
  const sent = members.map(async (member) => {
    await member.sent()
    expect(drained).toBe(true)
  })
  await lead.sent()
  drained = true
  await lead.drained(true)
  await Promise.all(sent)
  expect(members.map(({ caughtUp }) => caughtUp)).toEqual([true, true])
  await Promise.all(all.map((meeting) => meeting.stopped()))
  expect(all.flatMap(({ notes }) => notes)).toEqual([])
})

test('a shard of another scenario, seed or number of shards is refused, naming both', async () => {
  const lead = meet(1)
  const other = { hash: 'fff', seed: 8, scenario: 'spike' }
  const wrong = [meet(2, { facts: other }), meet(3, { facts: { shards: 5 } })]
  const waiting = lead.prepared()
  const refusals = await Promise.all(
    wrong.map((meeting) => meeting.prepared().catch((error: Error) => error)),
  )
  expect(refusals[0]).toMatchObject({ code: 'REP_USAGE', exit: 2 })
  expect((refusals[0] as Error).message).toBe(
    'This is shard 2/3 of spike (scenario hash fff, seed 8, rep 0.1.0), but the stack is prepared by ' +
      'shard 1/3 of ramp (scenario hash abc, seed 7, rep 0.1.0).',
  )
  expect((refusals[1] as Error).message).toMatch(/shard 3\/5 of ramp .* shard 1\/3 of ramp/)
  await expect.poll(() => lines.filter((line) => line.startsWith('not let in'))).toHaveLength(2)
  await Promise.all(wrong.map((meeting) => meeting.close()))
  // The right ones may come afterwards, also while the wrong ones’ notices are still there.
  await Promise.all([meet(2), meet(3)].map((meeting) => meeting.prepared()))
  await waiting
})

test('shards that do not come, or a first one that does not, are named with what to do', async () => {
  await expect(meet(1, { patienceMs: 300 }).prepared()).rejects.toMatchObject({
    code: 'REP_ENVIRONMENT',
    message: expect.stringContaining('2/3, 3/3'),
  })
  await Promise.all(met.map((meeting) => meeting.close()))
  await expect(meet(2, { patienceMs: 300 }).prepared()).rejects.toMatchObject({
    code: 'REP_ENVIRONMENT',
    message: expect.stringContaining('--shard 1/3'),
  })
})

test('the notices of a run that was killed do not start another', async () => {
  const lead = meet(1)
  const first = [meet(2), meet(3)]
  await Promise.all([lead, ...first].map((meeting) => meeting.prepared()))
  await Promise.all([lead, ...first].map((meeting) => meeting.close()))
  await expect(meet(2, { patienceMs: 700 }).prepared()).rejects.toMatchObject({ code: 'REP_ENVIRONMENT' })
})

test('an interrupt ends the wait', async () => {
  const stop = new AbortController()
  const waiting = meet(2, { signal: stop.signal }).prepared()
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'REP_INTERRUPTED', exit: 130 })
})

test('on another host time is shifted by what the store’s clock says, and the bounds of both add up', () => {
  const clock = { boot: 'a', offsetUs: 5_000, boundUs: 40 }
  const start = { originUs: 1_000_000, originEpochMs: 77, clock }
  // The store’s clock is 5,000 µs ahead of the first host’s, 2,000 µs ahead of this one’s.
  const here = { boot: 'b', offsetUs: 2_000, boundUs: 60 }
  expect(startHere(start, here)).toEqual({
    originUs: 1_000_000,
    originEpochMs: 77,
    shiftUs: -3_000,
    boundUs: 100,
  })
  expect(startHere(start, { ...here, boot: 'a' })).toMatchObject({ shiftUs: 0, boundUs: 0 })
  expect(startHere({ ...start, clock: { ...clock, boot: '' } }, { ...here, boot: '' }).boundUs).toBe(100)
})
