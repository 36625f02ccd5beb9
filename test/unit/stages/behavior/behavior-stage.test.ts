import { afterEach, beforeEach, expect, test } from 'vitest'
import { popularKey, USER_BEHAVIOR_INDEX } from '../../../../src/domain/indexes.ts'
import { DEFAULT_ACTION_WEIGHTS } from '../../../../src/domain/preference.ts'
import { deadLetterTopic, USER_ACTION } from '../../../../src/domain/topics.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { StoredRecord } from '../../../../src/ports/event-log.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { BEHAVIOR_GROUP, openBehaviorStage } from '../../../../src/stages/behavior/behavior-stage.ts'
import { parseDeadLetter } from '../../../../src/stages/dead-letter.ts'
import {
  action,
  appendActions,
  handleAll,
  inFlight,
  openStageLab,
  pipelineSettings,
  type StageLab,
  traceId,
  uncommitted,
} from '../stage-lab.ts'

let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

const open = (changes = {}, stack: Stack = lab.stack) =>
  openBehaviorStage({ ...lab.context, stack }, pipelineSettings({ behavior: changes }))

async function deadLetters() {
  const letters: StoredRecord[] = []
  const topic = deadLetterTopic(USER_ACTION)
  for (const { partition } of await lab.stack.log.offsets(topic)) {
    letters.push(...(await lab.stack.log.read({ topic, partition, offset: 0 }, 100)))
  }
  return letters.map(parseDeadLetter)
}

test('indexes each action under its trace id, found by product, and reports it', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1), action(2, { userId: 'u2', actionType: 'SEARCH', query: 'red' })])
  await handleAll({ stage, consumer })
  await stage.flush()
  const { documents } = lab.stack
  const byProduct = await documents.search(USER_BEHAVIOR_INDEX, { field: 'productId', value: 'p0', limit: 9 })
  expect(byProduct.map(({ id }) => id)).toEqual([traceId(2), traceId(1)])
  expect(byProduct[0]?.fields).toMatchObject({
    userId: 'u2',
    actionType: 'SEARCH',
    query: 'red',
    category: 'shoes',
    price: 10,
  })
  expect(lab.done.map(({ measure, traceId: id, dueUs }) => [measure, id, dueUs]).toSorted()).toEqual([
    ['index', traceId(1), 1],
    ['index', traceId(2), 2],
  ])
  expect(stage.counters).toMatchObject({ in: 2, out: 2, duplicates: 0, deadLettered: 0 })
  await consumer.close()
})

test('stores documents by number, and commits nothing before they are stored', async () => {
  const { stage, consumer } = await open({ flushDocuments: 3 })
  await appendActions(lab.stack, [action(1), action(2)])
  await handleAll({ stage, consumer })
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(2)
  expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(0)
  expect(inFlight(stage)).toBe(2)
  await appendActions(lab.stack, [action(3)])
  await handleAll({ stage, consumer })
  expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(3)
  expect(inFlight(stage)).toBe(0)
  await stage.flush()
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
  await consumer.close()
})

test('documents that were stored one by one count for popularity once each when they are settled', async () => {
  const { stage, consumer } = await open({ flushDocuments: 1 })
  for (const i of [1, 2, 3]) {
    await appendActions(lab.stack, [action(i, { actionType: 'PURCHASE' })])
    await handleAll({ stage, consumer })
  }
  await stage.flush()
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
  const scores = (await lab.stack.keyValue.top(popularKey(), 10)).map(({ score }) => score)
  expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(3 * DEFAULT_ACTION_WEIGHTS.PURCHASE)
  await consumer.close()
})

test('flushes by age without further records', async () => {
  const { stage, consumer } = await open({ flushMs: 0 })
  await appendActions(lab.stack, [action(1)])
  await handleAll({ stage, consumer })
  await stage.idle()
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
  await consumer.close()
})

test('dead-letters what it cannot decode, with its origin, and goes on with the rest', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1), new Uint8Array([9, 9]), action(2)])
  await handleAll({ stage, consumer })
  await stage.flush()
  const [letter, ...others] = await deadLetters()
  expect(others).toEqual([])
  expect(letter).toMatchObject({ stage: 'behavior', topic: USER_ACTION, offset: 1, dueUs: 2 })
  expect(letter?.reason).toMatch(/2 bytes are too few for a frame/)
  expect([...letter!.value]).toEqual([9, 9])
  expect(new TextDecoder().decode(letter!.key)).toBe('u1')
  expect(new TextDecoder().decode(letter!.headers.origin)).toBe('test')
  expect(stage.counters).toMatchObject({ in: 3, out: 2, deadLettered: 1 })
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
  await consumer.close()
})

test('dead-letters a document that the index refuses, and stores the others', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1), action(2, { timestamp: -1 }), action(3)])
  await handleAll({ stage, consumer })
  await stage.flush()
  const letters = await deadLetters()
  expect(letters.map(({ offset }) => offset)).toEqual([1])
  expect(letters[0]?.reason).toMatch(/document refused: /)
  expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(2)
  expect(stage.counters).toMatchObject({ in: 3, out: 2, deadLettered: 1, duplicates: 0 })
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
  await consumer.close()
})

test('drops repeats of a trace id, within its window and beyond, and remembers them across members', async () => {
  const first = await open({ flushDocuments: 1 })
  await appendActions(lab.stack, [action(1), action(1)])
  await handleAll(first)
  expect(first.stage.counters).toMatchObject({ in: 2, out: 1, duplicates: 1 })
  await first.stage.flush()
  await first.consumer.close()

  const second = await open({ flushDocuments: 1 })
  await appendActions(lab.stack, [action(1), action(2)])
  await handleAll(second)
  expect(second.stage.counters).toMatchObject({ in: 2, out: 1, duplicates: 1 })
  await second.stage.flush()
  await second.consumer.close()

  const forgetful = await open({ flushDocuments: 1, dedupeWindow: 0 })
  await appendActions(lab.stack, [action(2), action(3)])
  await handleAll(forgetful)
  expect(lab.known.map(({ measure, traceId: id }) => [measure, id])).toEqual([['index', traceId(2)]])
  expect(forgetful.stage.counters).toMatchObject({ in: 2, out: 1, duplicates: 1 })
  expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(3)
  await forgetful.consumer.close()
})

test('counts popularity by weight, of all products and by category', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [
    action(1),
    action(2, { productId: 'p1', actionType: 'PURCHASE' }),
    action(3, { productId: 'p2', actionType: 'VIEW', category: 'hats' }),
    action(4, { productId: 'p3', actionType: 'UNLIKE' }),
    action(5, { productId: null, actionType: 'PAGE_VIEW' }),
    action(6),
  ])
  await handleAll({ stage, consumer })
  await stage.flush()
  const { VIEW, PURCHASE } = DEFAULT_ACTION_WEIGHTS
  expect(await lab.stack.keyValue.top(popularKey(), 10)).toEqual([
    { member: 'p1', score: PURCHASE },
    { member: 'p0', score: 2 * VIEW },
    { member: 'p2', score: VIEW },
  ])
  expect((await lab.stack.keyValue.top(popularKey('hats'), 10)).map(({ member }) => member)).toEqual(['p2'])
  await consumer.close()
})

for (const atomic of [true, false]) {
  test(`tries again after a failed commit, doubling nothing, where settlement is ${atomic ? 'atomic' : 'not'}`, async () => {
    let failures = 1
    const { settlement } = lab.stack
    const settle: Stack['settlement']['settle'] = async (effects, commit) => {
      const unlessAway = async () => {
        if (failures-- > 0) throw new RepError('REP_LOG_UNAVAILABLE', 'the broker is away')
        await commit()
      }
      if (atomic) return settlement.settle(effects, unlessAway)
      await effects()
      await unlessAway()
    }
    const { stage, consumer } = await open({}, { ...lab.stack, settlement: { atomic, settle } })
    await appendActions(lab.stack, [action(1), new Uint8Array([1])])
    await handleAll({ stage, consumer })
    await expect(stage.flush()).rejects.toThrow('the broker is away')
    expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(1)
    await stage.flush()
    expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(1)
    expect(stage.counters).toMatchObject({ in: 2, out: 1, duplicates: 0, deadLettered: 1 })
    expect(await lab.stack.keyValue.top(popularKey(), 1)).toEqual([
      { member: 'p0', score: DEFAULT_ACTION_WEIGHTS.VIEW },
    ])
    expect(await deadLetters()).toHaveLength(1)
    expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
    await consumer.close()
  })
}

test('takes a batch once, however often it is handed in', async () => {
  let failures = 1
  const settle: Stack['settlement']['settle'] = async (effects, commit) => {
    if (failures-- > 0) throw new RepError('REP_STORE_UNAVAILABLE', 'the index is away')
    await lab.stack.settlement.settle(effects, commit)
  }
  const { stage, consumer } = await open(
    { flushMs: 0 },
    { ...lab.stack, settlement: { atomic: true, settle } },
  )
  await appendActions(lab.stack, [action(1), action(2)])
  const batch = await consumer.poll(1000)
  await expect(stage.handle(batch)).rejects.toThrow('the index is away')
  await stage.handle(batch)
  expect(stage.counters).toMatchObject({ in: 2, out: 2, duplicates: 0 })
  await consumer.close()
})

test('members that join and leave between flushes lose nothing and index nothing twice', async () => {
  const users = Array.from({ length: 40 }, (_, i) => `user-${i}`)
  await appendActions(
    lab.stack,
    users.map((userId, i) => action(i, { userId })),
  )
  const first = await open()
  await handleAll(first)
  // The second takes half of the partitions from the first, who has flushed nothing of them.
  const second = await open()
  await handleAll(first)
  await handleAll(second)
  await second.stage.flush()
  await first.stage.flush()
  expect(first.stage.counters.out).toBeGreaterThan(0)
  expect(second.stage.counters.out).toBeGreaterThan(0)
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)

  await appendActions(
    lab.stack,
    users.map((userId, i) => action(100 + i, { userId })),
  )
  await handleAll(second)
  await second.consumer.close()
  await handleAll(first)
  await first.stage.flush()
  expect(await uncommitted(lab.stack, BEHAVIOR_GROUP)).toBe(0)
  expect(await lab.stack.documents.count(USER_BEHAVIOR_INDEX)).toBe(80)
  expect(lab.done.map(({ traceId: id }) => id).toSorted()).toEqual(
    users.flatMap((_, i) => [traceId(i), traceId(100 + i)]).toSorted(),
  )
  expect([inFlight(first.stage), first.stage.counters.duplicates]).toEqual([0, 0])
  await first.consumer.close()
})
