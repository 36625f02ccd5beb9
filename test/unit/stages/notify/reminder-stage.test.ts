import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCodec } from '../../../../src/domain/codec.ts'
import type { Notification, UserPattern } from '../../../../src/domain/events.ts'
import { deadLetterTopic, NOTIFICATION_PUSH, USER_PATTERN } from '../../../../src/domain/topics.ts'
import { openReminderStage } from '../../../../src/stages/notify/reminder-stage.ts'
import { handleAll, openStageLab, pipelineSettings, type StageLab, traceId } from '../stage-lab.ts'

const codec = createCodec()
let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

function pattern(sequence: number, changes: Partial<UserPattern> = {}): UserPattern {
  return {
    traceId: traceId(sequence),
    userId: 'u1',
    pattern: 'cart_abandonment_risk',
    beganAt: 1000,
    detectedAt: 2000,
    causeTraceId: traceId(99),
    productIds: ['p1', 'p2', 'p3'],
    remind: true,
    ...changes,
  }
}

async function append(values: readonly Uint8Array[]): Promise<void> {
  const records = values.map((value) => ({ key: Buffer.from('u1'), value, dueUs: 0 }))
  await lab.stack.log.append(USER_PATTERN, records)
}

async function valuesOf(topic: string): Promise<Uint8Array[]> {
  const partitions = await lab.stack.log.offsets(topic)
  const reads = partitions.map(({ partition }) => lab.stack.log.read({ topic, partition, offset: 0 }, 100))
  return (await Promise.all(reads)).flat().map(({ value }) => value)
}

async function reminders(): Promise<Notification[]> {
  return (await valuesOf(NOTIFICATION_PUSH)).map(codec.decodeNotification)
}

test('an abandoned cart becomes a notification, the same one however often it is read', async () => {
  const opened = await openReminderStage(lab.context, pipelineSettings())
  await append([codec.encodeUserPattern(pattern(1)), codec.encodeUserPattern(pattern(1))])
  await handleAll(opened)
  const [first, second, ...more] = await reminders()
  expect(more).toEqual([])
  expect(second).toEqual(first)
  expect(first).toMatchObject({
    userId: 'u1',
    productId: 'p1',
    kind: 'CART_REMINDER',
    channel: 'PUSH',
    body: 'Waiting for you: p1 and 2 more.',
    causeTraceId: traceId(1),
    createdAt: 2000,
  })
  expect(opened.stage.counters).toMatchObject({ in: 2, out: 2, produced: 2 })
  await opened.consumer.close()
})

test('a pattern that asks for no reminder gives none; one that cannot be read is dead-lettered', async () => {
  const opened = await openReminderStage(lab.context, pipelineSettings())
  await append([codec.encodeUserPattern(pattern(1, { remind: false })), new Uint8Array([1, 2, 3])])
  await handleAll(opened)
  expect(await reminders()).toEqual([])
  expect(await valuesOf(deadLetterTopic(USER_PATTERN))).toHaveLength(1)
  expect(opened.stage.counters).toMatchObject({ in: 2, out: 1, deadLettered: 1 })
  await opened.consumer.close()
})
