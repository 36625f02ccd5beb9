import type { PipelineSettings } from '../../../../src/config/scenario.ts'
import { createCodec } from '../../../../src/domain/codec.ts'
import type { ActionType, InventoryChange, Notification } from '../../../../src/domain/events.ts'
import { PRODUCT_INDEX, USER_BEHAVIOR_INDEX, USER_PREFERENCE_INDEX } from '../../../../src/domain/indexes.ts'
import { NOTIFICATION_PUSH, PRODUCT_INVENTORY } from '../../../../src/domain/topics.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { EventLog, StoredRecord } from '../../../../src/ports/event-log.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { BEHAVIOR_INDEX_SPEC } from '../../../../src/stages/behavior-index.ts'
import { axis, DIMS, pipelineSettings, traceId } from '../stage-lab.ts'

export const NOW_MS = 1_759_276_800_000
const codec = createCodec()
const utf8 = new TextEncoder()

export function inventorySettings(
  changes: {
    readonly inventory?: Partial<PipelineSettings['inventory']>
    readonly notify?: Partial<PipelineSettings['notify']>
  } = {},
): PipelineSettings {
  const settings = pipelineSettings()
  return {
    ...settings,
    inventory: { ...settings.inventory, ...changes.inventory },
    notify: { ...settings.notify, ...changes.notify },
  }
}

/** A product with a name, a price of 100 and 50 pieces, along an axis; the indexes that the stage reads. */
export async function seedProduct(stack: Stack): Promise<void> {
  await stack.documents.ensureIndexes([BEHAVIOR_INDEX_SPEC])
  await stack.vectors.ensureIndexes([{ index: USER_PREFERENCE_INDEX, dims: DIMS, kind: 'flat' }])
  const attributes = { name: 'Red Kettle', category: 'c', price: 100, stock: 50 }
  await stack.vectors.upsertMany(PRODUCT_INDEX, [{ id: 'p0', vector: axis(0), attributes }])
}

/** Users who acted on p0, the first of them last. */
export async function seedActions(
  stack: Stack,
  userIds: readonly string[],
  options: { actionType?: ActionType; timestamp?: number } = {},
): Promise<void> {
  const { actionType = 'VIEW', timestamp = NOW_MS - 1000 } = options
  const documents = userIds.map((userId, i) => ({
    id: `${userId}-${actionType}-${timestamp}`,
    fields: { userId, actionType, productId: 'p0', timestamp: timestamp - i },
  }))
  await stack.documents.upsertMany(USER_BEHAVIOR_INDEX, documents)
}

/** A drop of p0 from 100 to 80. */
export function drop(sequence: number, changes: Partial<InventoryChange> = {}): InventoryChange {
  const values = { previousPrice: 100, price: 80, timestamp: NOW_MS }
  return { traceId: traceId(sequence), productId: 'p0', kind: 'PRICE', ...values, ...changes }
}

/** Appends changes, due at 1000 times their position + 1; bytes are appended as they are. */
export async function appendChanges(
  stack: Stack,
  changes: readonly (InventoryChange | Uint8Array)[],
): Promise<void> {
  const records = changes.map((change, i) => ({
    key: utf8.encode(change instanceof Uint8Array ? 'p0' : change.productId),
    value: change instanceof Uint8Array ? change : codec.encodeInventoryChange(change),
    dueUs: 1000 * (i + 1),
  }))
  await stack.log.append(PRODUCT_INVENTORY, records)
}

export async function readTopic(log: EventLog, topic: string): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for (const { partition } of await log.offsets(topic)) {
    for (const record of await log.read({ topic, partition, offset: 0 }, 10_000)) {
      records.push({ ...record, key: record.key.slice(), value: record.value.slice() })
    }
  }
  return records
}

/** Notifications in the log, by user. */
export async function notifications(stack: Stack): Promise<Notification[]> {
  const records = await readTopic(stack.log, NOTIFICATION_PUSH)
  return records
    .map(({ value }) => codec.decodeNotification(value))
    .toSorted((a, b) => a.userId.localeCompare(b.userId))
}

export async function uncommittedOf(log: EventLog, group: string, topic: string): Promise<number> {
  const next = new Map((await log.committed(group, topic)).map((at) => [at.partition, at.offset]))
  const ends = await log.offsets(topic)
  return ends.reduce((sum, { partition, latest }) => sum + latest - (next.get(partition) ?? 0), 0)
}

/** The stack, but its consumers fail to commit, as if the process died before it. */
export function dyingBeforeCommit(stack: Stack): Stack {
  const { log } = stack
  return withLog(stack, {
    consume: async (options) => {
      const consumer = await log.consume(options)
      return {
        poll: (maxWaitMs, signal) => consumer.poll(maxWaitMs, signal),
        assignment: () => consumer.assignment(),
        pause: (partitions) => consumer.pause(partitions),
        resume: (partitions) => consumer.resume(partitions),
        close: () => consumer.close(),
        commit: () => Promise.reject(new RepError('REP_INTERNAL', 'the process died before the commit')),
      }
    },
  })
}

/** The stack, but appends to this topic fail after some that work. */
export function failingAppends(
  stack: Stack,
  topic: string,
  code: 'REP_INTERNAL' | 'REP_LOG_UNAVAILABLE',
): Stack {
  return withLog(stack, {
    append: (to, batch, signal) =>
      to === topic ? Promise.reject(new RepError(code, `no ${topic}`)) : stack.log.append(to, batch, signal),
  })
}

function withLog(stack: Stack, changes: Partial<EventLog>): Stack {
  const { log } = stack
  const changed: EventLog = {
    capabilities: log.capabilities,
    ensureTopics: (specs) => log.ensureTopics(specs),
    append: (topic, batch, signal) => log.append(topic, batch, signal),
    consume: (options) => log.consume(options),
    read: (from, most) => log.read(from, most),
    offsets: (topic) => log.offsets(topic),
    committed: (group, topic) => log.committed(group, topic),
    retain: (topic, limits) => log.retain(topic, limits),
    close: () => log.close(),
    ...changes,
  }
  return { ...stack, log: changed }
}
