import { afterEach, beforeEach, expect, test } from 'vitest'
import { NOTIFICATION_HISTORY_INDEX } from '../../../../src/domain/indexes.ts'
import { deadLetterTopic, NOTIFICATION_PUSH } from '../../../../src/domain/topics.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { parseDeadLetter } from '../../../../src/stages/dead-letter.ts'
import { NOTIFY_GROUP, openNotifyStage } from '../../../../src/stages/notify/notify-stage.ts'
import { runStage } from '../../../../src/stages/run-stage.ts'
import { dyingBeforeCommit, inventorySettings, readTopic, uncommittedOf } from '../inventory/inventory-lab.ts'
import { handleAll, inFlight, openStageLab, type StageLab } from '../stage-lab.ts'
import {
  appendNotifications,
  historyOf,
  idOf,
  notification,
  openReceiver,
  type Receiver,
} from './notify-lab.ts'

let lab: StageLab
const receivers: Receiver[] = []
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close()
  await lab.close()
})

type NotifyChanges = NonNullable<Parameters<typeof inventorySettings>[0]>['notify']
const open = (notify: NotifyChanges = {}, stack: Stack = lab.stack) =>
  openNotifyStage({ ...lab.context, stack }, inventorySettings({ notify: { latencyMs: 0, ...notify } }))

/** Handles everything in the log to its end and gives the counters. */
async function run(notify: NotifyChanges = {}, stack: Stack = lab.stack) {
  const opened = await open(notify, stack)
  await handleAll(opened)
  await opened.stage.flush()
  await opened.stage.close()
  await opened.consumer.close()
  expect(inFlight(opened.stage)).toBe(0)
  return opened.stage.counters
}

async function receiver(answer: Parameters<typeof openReceiver>[0]): Promise<Receiver> {
  const opened = await openReceiver(answer)
  receivers.push(opened)
  return opened
}

const webhook = (url: string): NotifyChanges => ({ channel: 'WEBHOOK', webhookUrl: url, attempts: 3 })
const uncommitted = () => uncommittedOf(lab.stack.log, NOTIFY_GROUP, NOTIFICATION_PUSH)
const deadLetters = async () =>
  (await readTopic(lab.stack.log, deadLetterTopic(NOTIFICATION_PUSH))).map(parseDeadLetter)

test('delivers, keeps the history by user and product, reports and commits', async () => {
  await appendNotifications(lab.stack, [notification(1), notification(2, { channel: 'SMS' })])
  expect(await run({ concurrency: 8 })).toMatchObject({ in: 2, out: 2, duplicates: 0, deadLettered: 0 })
  expect(await historyOf(lab.stack, 1)).toMatchObject({
    userId: 'u1',
    kind: 'PRICE_DROP',
    channel: 'PUSH',
    status: 'delivered',
    attempts: 1,
    reason: null,
  })
  const { documents } = lab.stack
  const query = { field: 'productId', value: 'p0', limit: 9 }
  const byProduct = await documents.search(NOTIFICATION_HISTORY_INDEX, query)
  expect(byProduct.map(({ id }) => id)).toEqual([idOf(2), idOf(1)])
  expect(lab.done.toSorted((a, b) => a.dueUs - b.dueUs)).toEqual([
    { measure: 'notify', traceId: idOf(1), dueUs: 1000 },
    { measure: 'notify', traceId: idOf(2), dueUs: 2000 },
  ])
  expect(await uncommitted()).toBe(0)
})

test('a webhook that fails and then works gets the notification again', async () => {
  const { url, posts } = await receiver((number) => (number === 0 ? 500 : 200))
  await appendNotifications(lab.stack, [notification(1, { channel: 'WEBHOOK' })])
  expect(await run(webhook(url))).toMatchObject({ in: 1, out: 1, deadLettered: 0 })
  expect(posts.map(({ headers }) => headers['idempotency-key'])).toEqual([idOf(1), idOf(1)])
  const reason = 'the webhook answered with status 500'
  expect(await historyOf(lab.stack, 1)).toMatchObject({ status: 'delivered', attempts: 2, reason })
})

test('what cannot be delivered is in the history and in the dead letters, with its reason', async () => {
  const { url, posts } = await receiver(() => 503)
  await appendNotifications(lab.stack, [notification(1, { channel: 'WEBHOOK' })])
  expect(await run(webhook(url))).toMatchObject({ in: 1, out: 0, deadLettered: 1 })
  expect(posts).toHaveLength(3)
  const [letter, ...others] = await deadLetters()
  expect(others).toEqual([])
  expect(letter?.reason).toBe('not delivered in 3 attempts: the webhook answered with status 503')
  expect(await historyOf(lab.stack, 1)).toMatchObject({ status: 'failed', attempts: 3 })
  expect(lab.done).toEqual([])
  expect(await uncommitted()).toBe(0)
})

test('dead-letters what is no notification, and what it has no channel for, and goes on', async () => {
  await appendNotifications(lab.stack, [
    new Uint8Array([1]),
    notification(1, { channel: 'WEBHOOK' }),
    notification(2, { traceId: 'not a uuid' }),
    notification(3, { createdAt: -1 }),
    notification(4),
  ])
  expect(await run()).toMatchObject({ in: 5, out: 1, deadLettered: 4 })
  const reasons = (await deadLetters()).map(({ reason }) => reason).toSorted()
  expect(reasons).toEqual([
    expect.stringMatching(/^Not a record of notification.push.v1-value/),
    'channel WEBHOOK has no address: set pipeline.notify.webhookUrl',
    expect.stringMatching(/^sent, but its history entry was refused: field createdAt/),
    'the trace id "not a uuid" is not a UUID',
  ])
  expect(await uncommitted()).toBe(0)
})

test('a delivered notification is not sent again when its record comes again', async () => {
  const { url, posts } = await receiver(() => 200)
  await appendNotifications(lab.stack, [notification(1, { channel: 'WEBHOOK' })])
  const dying = await open(webhook(url), dyingBeforeCommit(lab.stack))
  await handleAll(dying)
  await expect(dying.stage.flush()).rejects.toThrow('died before the commit')
  await dying.consumer.close()
  expect(await uncommitted()).toBe(1)
  expect(await run(webhook(url))).toMatchObject({ in: 1, out: 0, duplicates: 1 })
  expect(posts).toHaveLength(1)
  expect(await uncommitted()).toBe(0)
})

test('a notification that was appended twice is sent once, together or one after the other', async () => {
  const { url, posts } = await receiver(() => 200)
  const sent = notification(1, { channel: 'WEBHOOK' })
  await appendNotifications(lab.stack, [sent, sent])
  expect(await run({ ...webhook(url), concurrency: 8 })).toMatchObject({ in: 2, out: 1, duplicates: 1 })
  await appendNotifications(lab.stack, [sent])
  expect(await run(webhook(url))).toMatchObject({ in: 1, out: 0, duplicates: 1 })
  expect(posts).toHaveLength(1)
})

test('a failed notification is not dead-lettered twice, but its replay is sent', async () => {
  let status = 400
  const { url, posts } = await receiver(() => status)
  const sent = notification(1, { channel: 'WEBHOOK' })
  await appendNotifications(lab.stack, [sent])
  const dying = await open(webhook(url), dyingBeforeCommit(lab.stack))
  await handleAll(dying)
  await expect(dying.stage.flush()).rejects.toThrow('died before the commit')
  await dying.consumer.close()
  expect(await run(webhook(url))).toMatchObject({ in: 1, duplicates: 1, deadLettered: 0 })
  expect(await deadLetters()).toHaveLength(1)
  expect(posts).toHaveLength(1)
  status = 200
  await appendNotifications(lab.stack, [sent])
  expect(await run(webhook(url))).toMatchObject({ in: 1, out: 1 })
  expect(await historyOf(lab.stack, 1)).toMatchObject({ status: 'delivered' })
})

test('polls while sends are on their way, takes no more than it may, commits nothing before its turn', async () => {
  const release = Promise.withResolvers<number>()
  const { url, posts } = await receiver((_, { body }) =>
    (body as { userId: string }).userId === 'u1' ? release.promise : 200,
  )
  // One user, one partition: the first blocks the offsets of the others.
  const many = Array.from({ length: 30 }, (_, i) => notification(i + 1, { channel: 'WEBHOOK' }))
  await appendNotifications(lab.stack, many, 'one key')
  const { stage, consumer } = await open({ ...webhook(url), concurrency: 2 })
  while (posts.length < 20) await pollOnce({ stage, consumer })
  expect(inFlight(stage)).toBeLessThanOrEqual(6)
  expect(stage.counters.out).toBeGreaterThan(10)
  expect(await uncommitted()).toBe(30)
  release.resolve(200)
  while ((await uncommitted()) > 0) await pollOnce({ stage, consumer })
  expect(stage.counters).toMatchObject({ in: 30, out: 30 })
  expect(posts).toHaveLength(30)
  await stage.close()
  await consumer.close()
})

test('history that cannot be written holds everything up, and goes on when it can', async () => {
  let failing = 3
  const upsertMany: Stack['documents']['upsertMany'] = (index, documents, signal) =>
    failing-- > 0
      ? Promise.reject(new RepError('REP_STORE_UNAVAILABLE', 'the index is away'))
      : lab.stack.documents.upsertMany(index, documents, signal)
  const real = lab.stack.documents
  const documents: Stack['documents'] = {
    capabilities: real.capabilities,
    ensureIndexes: (specs) => real.ensureIndexes(specs),
    upsertMany,
    getMany: (index, ids) => real.getMany(index, ids),
    search: (index, query) => real.search(index, query),
    searchFields: (index, query, fields) => real.searchFields(index, query, fields),
    refresh: (index) => real.refresh(index),
    count: (index) => real.count(index),
    close: () => real.close(),
  }
  const stack = { ...lab.stack, documents }
  await appendNotifications(lab.stack, [notification(1), notification(2)])
  const { stage, consumer } = await open({ concurrency: 4 }, stack)
  const stop = new AbortController()
  const running = runStage(stage, consumer, {
    signal: stop.signal,
    log: lab.context.log,
    pollMs: 5,
    backoff: { baseMs: 1, maxMs: 2 },
  })
  while ((await uncommitted()) > 0) await new Promise((resolve) => setTimeout(resolve, 2))
  stop.abort()
  await running
  expect(stage.counters).toMatchObject({ in: 2, out: 2, deadLettered: 0 })
  expect(failing).toBeLessThan(0)
  expect(lab.lines.length).toBeLessThanOrEqual(4)
  expect(lab.lines[0]).toMatch(/waiting, the index is away/)
})

test('partitions that move to another member take what waits with them, and nothing is left out', async () => {
  const release = Promise.withResolvers<number>()
  const { url, posts } = await receiver(() => release.promise)
  const many = Array.from({ length: 40 }, (_, i) => notification(i + 1, { channel: 'WEBHOOK' }))
  const concurrency = 12
  await appendNotifications(lab.stack, many.slice(0, concurrency - 1))
  const first = await open({ ...webhook(url), concurrency })
  while (first.stage.counters.in < concurrency - 1) await pollOnce(first)
  // One place is free, so one more batch is taken, of which all but one wait.
  await appendNotifications(lab.stack, many.slice(concurrency - 1))
  while (first.stage.counters.in < 2 * concurrency - 1) await pollOnce(first)
  const second = await open({ ...webhook(url), concurrency })
  while (second.consumer.assignment().length === 0) {
    await pollOnce(first)
    await pollOnce(second)
  }
  expect(first.stage.counters.in).toBeLessThan(2 * concurrency - 1)
  release.resolve(200)
  while ((await uncommitted()) > 0) {
    await pollOnce(first)
    await pollOnce(second)
  }
  for (const { stage, consumer } of [first, second]) {
    await stage.close()
    expect(inFlight(stage)).toBe(0)
    await consumer.close()
  }
  expect(first.stage.counters.out + second.stage.counters.out).toBeGreaterThanOrEqual(40)
  expect(new Set(posts.map(({ headers }) => headers['idempotency-key'])).size).toBe(40)
  // What was on its way while its partition moved may be sent twice: no more than one member's concurrency.
  expect(posts.length).toBeLessThanOrEqual(40 + concurrency)
})

type Opened = Awaited<ReturnType<typeof open>>

async function pollOnce({ stage, consumer }: Opened): Promise<void> {
  const batch = await consumer.poll(2)
  await (batch.length > 0 ? stage.handle(batch) : stage.idle())
}
