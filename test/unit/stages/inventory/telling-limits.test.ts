import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LmdbKeyValue } from '../../../../src/drivers/key-value/lmdb.ts'
import { type Telling, TellingLimits } from '../../../../src/stages/inventory/telling-limits.ts'
import { openTemporaryState, type TemporaryState } from '../../../fixtures/temporary-state.ts'

const HOUR_MS = 3_600_000
let state: TemporaryState
let keyValue: LmdbKeyValue
beforeEach(async () => {
  state = await openTemporaryState()
  keyValue = new LmdbKeyValue(state.environment, state.writer)
})
afterEach(() => state.close())

const limits = (perUserPerHour: number, dedupeMs = HOUR_MS) =>
  new TellingLimits(keyValue, { fanOut: 3, perUserPerHour, dedupeMs })

/** A cause tells a user about a subject. */
const telling = (cause: number, userId: string, subject: string): Telling => ({
  userId,
  id: `${cause}-${userId}-${subject}`,
  subject: `${subject}:${userId}`,
})
const users = (tellings: readonly Telling[]) => tellings.map(({ userId }) => userId)

test('admits a subject once in the window, each user for itself', async () => {
  const { admit } = bound(limits(10))
  expect(users(await admit([telling(1, 'a', 's'), telling(1, 'b', 's')]))).toEqual(['a', 'b'])
  expect(users(await admit([telling(2, 'a', 's'), telling(2, 'c', 's')]))).toEqual(['c'])
  expect(users(await admit([telling(3, 'a', 'other')]))).toEqual(['a'])
})

test('admits the same subject again after the window', async () => {
  const { admit } = bound(limits(10, 30))
  expect(await admit([telling(1, 'a', 's')])).toHaveLength(1)
  let again: readonly Telling[] = []
  for (let i = 0; i < 1000 && again.length === 0; i++) {
    await sleep(5)
    again = await admit([telling(2, 'a', 's')])
  }
  expect(again).toHaveLength(1)
})

test('admits a user so many times an hour and no more', async () => {
  const { admit } = bound(limits(3))
  const admitted: string[] = []
  for (let cause = 0; cause < 6; cause++) {
    for (const { id } of await admit([telling(cause, 'a', `s${cause}`), telling(cause, 'b', 's')])) {
      admitted.push(id)
    }
  }
  expect(admitted).toEqual(['0-a-s0', '0-b-s', '1-a-s1', '2-a-s2'])
})

test('the same cause passes again, without counting again', async () => {
  const { admit } = bound(limits(2))
  const first = [telling(1, 'a', 's'), telling(1, 'b', 's')]
  for (let i = 0; i < 5; i++) expect(await admit(first)).toEqual(first)
  // One of two places is taken, not five.
  expect(await admit([telling(2, 'a', 't')])).toHaveLength(1)
  expect(await admit([telling(3, 'a', 'u')])).toHaveLength(0)
  expect(await admit(first)).toEqual(first)
})

test('admits at most the fan-out, not counting those who were told before', async () => {
  const { admit } = bound(limits(10))
  const of = (cause: number) => ['a', 'b', 'c', 'd', 'e'].map((user) => telling(cause, user, 's'))
  expect(users(await admit(of(1)))).toEqual(['a', 'b', 'c'])
  expect(users(await admit(of(2)))).toEqual(['d', 'e'])
})

test('the fan-out does not cut off who was admitted before, whoever has come since', async () => {
  const { admit } = bound(limits(10))
  const before = ['a', 'b', 'c'].map((user) => telling(1, user, 's'))
  await admit(before)
  expect(await admit([telling(1, 'x', 's'), telling(1, 'y', 's'), ...before])).toEqual(before)
})

test('a user whose hour is full is not marked as told', async () => {
  expect(await limits(1).admit([telling(1, 'a', 's')])).toHaveLength(1)
  expect(await limits(1).admit([telling(2, 'a', 't')])).toHaveLength(0)
  // With room in the hour the subject is still to be told.
  expect(await limits(2).admit([telling(3, 'a', 't')])).toHaveLength(1)
})

function bound(of: TellingLimits) {
  return { admit: (tellings: readonly Telling[]) => of.admit(tellings) }
}
