import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCodec } from '../../../../src/domain/codec.ts'
import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../../../../src/domain/indexes.ts'
import { deadLetterTopic, NOTIFICATION_PUSH, PRODUCT_INVENTORY } from '../../../../src/domain/topics.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { parseDeadLetter } from '../../../../src/stages/dead-letter.ts'
import { INVENTORY_GROUP, openInventoryStage } from '../../../../src/stages/inventory/inventory-stage.ts'
import { axis, handleAll, inFlight, openStageLab, type StageLab, traceId } from '../stage-lab.ts'
import {
  appendChanges,
  drop,
  dyingBeforeCommit,
  failingAppends,
  inventorySettings,
  NOW_MS,
  notifications,
  readTopic,
  seedActions,
  seedProduct,
  uncommittedOf,
} from './inventory-lab.ts'

let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
  await seedProduct(lab.stack)
})
afterEach(() => lab.close())

type Changes = Parameters<typeof inventorySettings>[0]
const open = (changes: Changes = {}, stack: Stack = lab.stack) =>
  openInventoryStage({ ...lab.context, stack }, inventorySettings(changes))

/** Appends the changes, handles them to the end and gives the counters. */
async function run(changes: Parameters<typeof appendChanges>[1], settings: Changes = {}) {
  const opened = await open(settings)
  await appendChanges(lab.stack, changes)
  await handleAll(opened)
  await opened.consumer.close()
  return opened.stage.counters
}

/** Runs a stage to its death: it polls once and fails. */
async function die(stack: Stack, changes: Changes = {}): Promise<void> {
  const { stage, consumer } = await open(changes, stack)
  await expect(handleAll({ stage, consumer })).rejects.toThrow()
  await consumer.close()
}

const told = async () => (await notifications(lab.stack)).map(({ userId }) => userId)
const attributes = async () => (await lab.stack.vectors.getMany(PRODUCT_INDEX, ['p0']))[0]?.attributes
const uncommitted = () => uncommittedOf(lab.stack.log, INVENTORY_GROUP, PRODUCT_INVENTORY)

test('tells who viewed, in words, with the due time of the change', async () => {
  await seedActions(lab.stack, ['u1'])
  expect(await run([drop(1)])).toMatchObject({ in: 1, out: 1, produced: 1, duplicates: 0 })
  expect(await notifications(lab.stack)).toMatchObject([
    {
      userId: 'u1',
      productId: 'p0',
      kind: 'PRICE_DROP',
      channel: 'PUSH',
      title: 'Price drop: Red Kettle',
      body: 'Red Kettle now costs 80.00 instead of 100.00, 20 % less.',
      causeTraceId: traceId(1),
      createdAt: NOW_MS,
    },
  ])
  const [record] = await readTopic(lab.stack.log, NOTIFICATION_PUSH)
  expect(record?.dueUs).toBe(1000)
  expect(await uncommitted()).toBe(0)
})

test('updates price and stock, and leaves the other attributes and the vector as they are', async () => {
  await run([drop(1), drop(2, { kind: 'STOCK', previousStock: 50, stock: 7 })])
  expect(await attributes()).toEqual({ name: 'Red Kettle', category: 'c', price: 80, stock: 7 })
  const [hit] = await lab.stack.vectors.search(PRODUCT_INDEX, { vector: axis(0), k: 1 })
  expect(hit?.id).toBe('p0')
})

test('a change without previous values is judged by the changes before it in the same batch', async () => {
  await seedActions(lab.stack, ['u1'])
  const price = (sequence: number, value: number) => drop(sequence, { previousPrice: null, price: value })
  const counters = await run([price(1, 95), price(2, 92), price(3, 50)])
  expect(counters.produced).toBe(1)
  expect(await notifications(lab.stack)).toMatchObject([{ causeTraceId: traceId(3) }])
})

test('tells viewers, carters and likers, each once, latest first; nobody else', async () => {
  await seedActions(lab.stack, ['viewer', 'carter'])
  await seedActions(lab.stack, ['carter'], { actionType: 'ADD_TO_CART', timestamp: NOW_MS - 10 })
  await seedActions(lab.stack, ['liker'], { actionType: 'LIKE' })
  await seedActions(lab.stack, ['buyer'], { actionType: 'PURCHASE' })
  await seedActions(lab.stack, ['remover'], { actionType: 'REMOVE_FROM_CART' })
  await run([drop(1)])
  expect(await told()).toEqual(['carter', 'liker', 'viewer'])
})

test('recent is counted back from the event time of the change', async () => {
  await seedActions(lab.stack, ['just'], { timestamp: NOW_MS - 1000 })
  await seedActions(lab.stack, ['late'], { timestamp: NOW_MS - 1001 })
  await run([drop(1)], { inventory: { recentMs: 1000 } })
  expect(await told()).toEqual(['just'])
})

test('tells the users whose preference is nearest, but not those it points away from', async () => {
  const opposite = axis(0).map((value) => -value)
  const items = [
    { id: 'near', vector: axis(0) },
    { id: 'across', vector: axis(1) },
    { id: 'away', vector: opposite },
  ]
  const stored = items.map((item) => ({ ...item, attributes: {} }))
  await lab.stack.vectors.upsertMany(USER_PREFERENCE_INDEX, stored)
  await run([drop(1)])
  expect(await told()).toEqual(['near'])
})

test('caps the fan-out, recent users before near ones', async () => {
  await seedActions(lab.stack, ['r1', 'r2', 'r3'])
  await lab.stack.vectors.upsertMany(USER_PREFERENCE_INDEX, [{ id: 'n', vector: axis(0), attributes: {} }])
  await run([drop(1)], { inventory: { fanOut: 2 } })
  expect(await told()).toEqual(['r1', 'r2'])
  // The next change reaches those whom the cap left out.
  await run([drop(2)], { inventory: { fanOut: 2 } })
  expect(await told()).toEqual(['n', 'r1', 'r2', 'r3'])
})

test('tells a user once in the window about a product and kind, and of another kind all the same', async () => {
  await seedActions(lab.stack, ['u1'])
  const low = drop(3, { kind: 'STOCK', previousStock: 9, stock: 2 })
  const counters = await run([drop(1), drop(2), low])
  expect(counters).toMatchObject({ in: 3, out: 3, produced: 2 })
  const kinds = (await notifications(lab.stack)).map(({ kind, causeTraceId }) => [kind, causeTraceId])
  expect(kinds.toSorted()).toEqual([
    ['LOW_STOCK', traceId(3)],
    ['PRICE_DROP', traceId(1)],
  ])
})

test('tells a user at most so often in an hour', async () => {
  await seedActions(lab.stack, ['u1'])
  const low = drop(2, { kind: 'STOCK', previousStock: 9, stock: 2 })
  const back = drop(3, { kind: 'STOCK', previousStock: 0, stock: 20 })
  await run([drop(1), low, back], { inventory: { perUserPerHour: 2 } })
  expect(await notifications(lab.stack)).toHaveLength(2)
})

test('a change appended twice is a duplicate, also for a later member of the group', async () => {
  await seedActions(lab.stack, ['u1'])
  expect(await run([drop(1), drop(1)])).toMatchObject({ in: 2, out: 1, duplicates: 1, produced: 1 })
  expect(await run([drop(1)])).toMatchObject({ in: 1, out: 0, duplicates: 1, produced: 0 })
})

test('after a death between append and commit the same notifications come again, with the same ids', async () => {
  await seedActions(lab.stack, ['u1', 'u2'])
  const settings = { inventory: { perUserPerHour: 1 } }
  await appendChanges(lab.stack, [drop(1)])
  await die(dyingBeforeCommit(lab.stack), settings)
  const before = await notifications(lab.stack)
  expect(before).toHaveLength(2)
  await run([], settings)
  const after = await notifications(lab.stack)
  expect(new Set(after.map(({ traceId: id }) => id))).toEqual(new Set(before.map(({ traceId: id }) => id)))
  expect(await uncommitted()).toBe(0)
})

test('after a death between the marks and the append nothing is lost', async () => {
  await seedActions(lab.stack, ['u1', 'u2'])
  const settings = { inventory: { perUserPerHour: 1 } }
  await appendChanges(lab.stack, [drop(1)])
  await die(failingAppends(lab.stack, NOTIFICATION_PUSH, 'REP_INTERNAL'), settings)
  expect(await notifications(lab.stack)).toEqual([])
  await run([], settings)
  expect(await told()).toEqual(['u1', 'u2'])
})

test('a drop judged by the index is judged the same when it is handled again', async () => {
  await seedActions(lab.stack, ['u1'])
  await appendChanges(lab.stack, [drop(1, { previousPrice: null })])
  await die(failingAppends(lab.stack, NOTIFICATION_PUSH, 'REP_INTERNAL'))
  expect(await attributes()).toMatchObject({ price: 100 })
  await run([])
  expect(await told()).toEqual(['u1'])
})

test('the same batch tried again after a transient error goes on where it stopped', async () => {
  await seedActions(lab.stack, ['u1'])
  let failing = true
  const broken = failingAppends(lab.stack, NOTIFICATION_PUSH, 'REP_LOG_UNAVAILABLE')
  const append: typeof lab.stack.log.append = (topic, batch, signal) =>
    (failing ? broken : lab.stack).log.append(topic, batch, signal)
  const stack = { ...lab.stack, log: { ...broken.log, append } }
  const { stage, consumer } = await open({}, stack)
  await appendChanges(lab.stack, [drop(1), new Uint8Array([1])])
  const batch = await consumer.poll(1000)
  for (let i = 0; i < 3; i++) await expect(stage.handle(batch)).rejects.toThrow('no notification.push.v1')
  failing = false
  await stage.handle(batch)
  await consumer.close()
  expect(stage.counters).toMatchObject({ in: 2, out: 1, deadLettered: 1, duplicates: 0, produced: 1 })
  expect(inFlight(stage)).toBe(0)
  expect(await told()).toEqual(['u1'])
})

test('dead-letters what is no change, and what a change cannot be, and goes on', async () => {
  const priceless = drop(2, { price: null })
  const counters = await run([new Uint8Array([7]), priceless, drop(3)])
  expect(counters).toMatchObject({ in: 3, out: 1, deadLettered: 2 })
  const letters = (await readTopic(lab.stack.log, deadLetterTopic(PRODUCT_INVENTORY))).map(parseDeadLetter)
  const reasons = letters.toSorted((a, b) => a.offset - b.offset).map(({ reason }) => reason)
  expect(reasons[0]).toMatch(/product.inventory.v1/)
  expect(reasons[1]).toMatch(/needs a price/)
  expect(createCodec().decodeInventoryChange(letters[1]!.value).traceId).toBe(traceId(2))
  expect(await uncommitted()).toBe(0)
})

test('tells by the product id of a product that the index does not know', async () => {
  const { documents } = lab.stack
  const fields = { userId: 'u1', actionType: 'VIEW', productId: 'new', timestamp: NOW_MS }
  await documents.upsertMany('user_behavior_index', [{ id: 'a', fields }])
  await run([drop(1, { productId: 'new' })])
  expect(await notifications(lab.stack)).toMatchObject([{ userId: 'u1', title: 'Price drop: new' }])
})
