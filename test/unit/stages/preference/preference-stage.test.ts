import { afterEach, beforeEach, expect, test } from 'vitest'
import { USER_PREFERENCE_INDEX } from '../../../../src/domain/indexes.ts'
import { DEFAULT_ACTION_WEIGHTS } from '../../../../src/domain/preference.ts'
import { decodePreference, preferenceKey } from '../../../../src/domain/preference-record.ts'
import { cosine } from '../../../../src/domain/vector.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { KeyValue } from '../../../../src/ports/key-value.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { openPreferenceStage, PREFERENCE_GROUP } from '../../../../src/stages/preference/preference-stage.ts'
import {
  action,
  appendActions,
  axis,
  DIMS,
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
  openPreferenceStage({ ...lab.context, stack }, pipelineSettings({ preference: changes }))

async function preferenceOf(userId: string) {
  const [bytes] = await lab.stack.keyValue.getMany([preferenceKey(userId)])
  if (!bytes) return null
  const record = decodePreference(bytes)
  return { ...record, vector: record.vector.slice() }
}

/** The stack with one method of its key-value store replaced. */
function withKeyValue(changes: Partial<KeyValue>): Stack {
  const { keyValue } = lab.stack
  const bound: KeyValue = {
    capabilities: keyValue.capabilities,
    getMany: (keys) => keyValue.getMany(keys),
    setMany: (entries) => keyValue.setMany(entries),
    compareAndSetMany: (entries) => keyValue.compareAndSetMany(entries),
    setIfAbsentMany: (entries) => keyValue.setIfAbsentMany(entries),
    deleteMany: (keys) => keyValue.deleteMany(keys),
    setHashes: (entries) => keyValue.setHashes(entries),
    getHashes: (keys) => keyValue.getHashes(keys),
    setLists: (entries) => keyValue.setLists(entries),
    getLists: (keys) => keyValue.getLists(keys),
    incrementMany: (keys, by, ttlMs) => keyValue.incrementMany(keys, by, ttlMs),
    rankMany: (key, increments) => keyValue.rankMany(key, increments),
    top: (key, limit) => keyValue.top(key, limit),
    addToTally: (tally, sections, options) => keyValue.addToTally(tally, sections, options),
    snapshotTally: (tally, id) => keyValue.snapshotTally(tally, id),
    readTally: (tally, id) => keyValue.readTally(tally, id),
    dropTally: (tally, id) => keyValue.dropTally(tally, id),
    clearTally: (tally) => keyValue.clearTally(tally),
    close: () => keyValue.close(),
  }
  return { ...lab.stack, keyValue: { ...bound, ...changes } }
}

test('keeps the moving average of the products acted on, and reports each action once it is stored', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [
    action(1, { actionType: 'PURCHASE', productId: 'p0' }),
    action(2, { actionType: 'PURCHASE', productId: 'p1' }),
    action(3, { userId: 'u2', productId: 'p2' }),
  ])
  await handleAll({ stage, consumer })
  const u1 = await preferenceOf('u1')
  expect(u1).toMatchObject({
    actionCount: 2,
    offset: 1,
    lastTraceId: traceId(2),
    recentPurchases: ['p1', 'p0'],
  })
  expect([...u1!.vector.subarray(0, 3)]).toEqual([0.25, 0.5, 0])
  expect((await preferenceOf('u2'))?.vector[2]).toBeCloseTo(0.5 * DEFAULT_ACTION_WEIGHTS.VIEW)
  expect(lab.done.map(({ measure, traceId: id }) => `${measure} ${id}`).toSorted()).toEqual(
    [1, 2, 3].map((i) => `preference ${traceId(i)}`),
  )
  expect(stage.counters).toMatchObject({ in: 3, out: 3, duplicates: 0 })
  await stage.idle()
  expect(await uncommitted(lab.stack, PREFERENCE_GROUP)).toBe(0)
  await consumer.close()
})

test('UNLIKE turns the preference away from the product', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [
    action(1, { actionType: 'LIKE' }),
    action(2, { actionType: 'LIKE', productId: 'p1' }),
  ])
  await handleAll({ stage, consumer })
  const before = cosine((await preferenceOf('u1'))!.vector, axis(0))
  await appendActions(lab.stack, [action(3, { actionType: 'UNLIKE' })])
  await handleAll({ stage, consumer })
  expect(cosine((await preferenceOf('u1'))!.vector, axis(0))).toBeLessThan(before)
  await consumer.close()
})

test('a search moves the preference by its query; an action without a known product counts, but moves nothing', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [
    action(1, { actionType: 'SEARCH', productId: null, query: 'red shoes' }),
    action(2, { actionType: 'PAGE_VIEW', productId: null }),
    action(3, { productId: 'unknown' }),
  ])
  await handleAll({ stage, consumer })
  const record = await preferenceOf('u1')
  const { rows: query } = await lab.stack.embedder.embed(['red shoes'])
  expect(cosine(record!.vector, query)).toBeCloseTo(1, 5)
  expect(record).toMatchObject({ actionCount: 3, lastTraceId: traceId(3) })
  await consumer.close()
})

test('applies nothing twice: neither a redelivered record nor a repeated event', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1), action(2)])
  const batch = await consumer.poll(1000)
  await stage.handle(batch)
  const once = await preferenceOf('u1')
  // A member that was never given the partition: it applies nothing and may commit nothing.
  const other = await open()
  await other.stage.handle(batch)
  await other.stage.idle()
  expect(await uncommitted(lab.stack, PREFERENCE_GROUP)).toBe(2)
  expect(lab.known).toHaveLength(2)
  expect(other.stage.counters).toMatchObject({ in: 2, out: 0, duplicates: 2 })
  await appendActions(lab.stack, [action(2)])
  await handleAll({ stage, consumer })
  expect(stage.counters).toMatchObject({ in: 3, out: 2, duplicates: 1 })
  expect((await preferenceOf('u1'))?.vector).toEqual(once?.vector)
  expect(lab.done).toHaveLength(2)
  await consumer.close()
  await other.consumer.close()
})

test('reads again and folds again where another consumer was faster', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1)])
  await handleAll({ stage, consumer })
  await stage.idle()
  let reads = 0
  const slow = await open(
    {},
    withKeyValue({
      getMany: async (keys) => {
        const found = await lab.stack.keyValue.getMany(keys)
        // After the first read and before its write, the owner applies the next action.
        if (reads++ === 0) await handleAll({ stage, consumer })
        return found
      },
    }),
  )
  await appendActions(lab.stack, [action(2), action(3)])
  const [position] = await lab.stack.log.committed(PREFERENCE_GROUP, 'user.action.v1')
  const batch = await lab.stack.log.read({ ...position!, offset: 1 }, 10)
  await slow.stage.handle(batch)
  expect(reads).toBe(2)
  expect(slow.stage.counters).toMatchObject({ in: 2, out: 0, duplicates: 2 })
  expect(await preferenceOf('u1')).toMatchObject({ actionCount: 3 })
  await consumer.close()
  await slow.consumer.close()
})

test('goes on with the same batch after a failure, doubling nothing', async () => {
  let failures = 1
  const { stage, consumer } = await open(
    {},
    withKeyValue({
      compareAndSetMany: async (entries) => {
        if (failures-- > 0) throw new RepError('REP_STORE_UNAVAILABLE', 'the store is away')
        return lab.stack.keyValue.compareAndSetMany(entries)
      },
    }),
  )
  await appendActions(lab.stack, [action(1), action(2)])
  const batch = await consumer.poll(1000)
  await expect(stage.handle(batch)).rejects.toThrow('the store is away')
  expect(await uncommitted(lab.stack, PREFERENCE_GROUP)).toBe(2)
  await stage.handle(batch)
  expect(stage.counters).toMatchObject({ in: 2, out: 2, duplicates: 0 })
  expect(await preferenceOf('u1')).toMatchObject({ actionCount: 2 })
  await consumer.close()
})

test('restores an expired preference from its backup', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1, { actionType: 'PURCHASE' })])
  await handleAll({ stage, consumer })
  await stage.flush()
  const before = await preferenceOf('u1')
  const [item] = await lab.stack.vectors.getMany(USER_PREFERENCE_INDEX, ['u1'])
  expect(item?.vector).toEqual(before?.vector)
  await lab.stack.keyValue.deleteMany([preferenceKey('u1')])
  await appendActions(lab.stack, [action(2, { actionType: 'PAGE_VIEW' })])
  await handleAll({ stage, consumer })
  expect(await preferenceOf('u1')).toMatchObject({
    actionCount: 2,
    recentPurchases: ['p0'],
    vector: before?.vector,
  })
  await consumer.close()
})

test('backs up changed users when they are due, once for many changes, and none that has no direction', async () => {
  const upserts: string[][] = []
  const { vectors } = lab.stack
  const recording: Stack['vectors'] = Object.assign(Object.create(vectors) as Stack['vectors'], {
    ensureIndexes: vectors.ensureIndexes.bind(vectors),
    getMany: vectors.getMany.bind(vectors),
    upsertMany: async (index: string, items: Parameters<typeof vectors.upsertMany>[1]) => {
      upserts.push(items.map(({ id }) => id))
      await vectors.upsertMany(index, items)
    },
  })
  const { stage, consumer } = await open({}, { ...lab.stack, vectors: recording })
  await appendActions(lab.stack, [action(1), action(2, { userId: 'u2', actionType: 'PAGE_VIEW' })])
  await handleAll({ stage, consumer })
  await appendActions(lab.stack, [action(3)])
  await handleAll({ stage, consumer })
  expect(upserts).toEqual([])
  await stage.close()
  await stage.close()
  expect(upserts).toEqual([['u1']])
  await consumer.close()
})

test('counts what cannot be decoded as rejected, and commits it', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [new Uint8Array([0, 0, 0, 0, 103, 1]), action(1)])
  await handleAll({ stage, consumer })
  expect(stage.counters).toMatchObject({ in: 2, out: 1, rejected: 1 })
  expect(inFlight(stage)).toBe(0)
  await stage.idle()
  expect(await uncommitted(lab.stack, PREFERENCE_GROUP)).toBe(0)
  await consumer.close()
})

test('names both numbers of dimensions where a stored preference has others', async () => {
  const { stage, consumer } = await open()
  await appendActions(lab.stack, [action(1)])
  await handleAll({ stage, consumer })
  const { embedder } = lab.stack
  const wider = { ...embedder, capabilities: { ...embedder.capabilities, dims: DIMS + 1 } }
  const context = { ...lab.context, stack: { ...lab.stack, embedder: wider } }
  await consumer.close()
  await expect(openPreferenceStage(context, pipelineSettings())).rejects.toMatchObject({
    code: 'REP_VECTOR_DIMS',
  })
})
