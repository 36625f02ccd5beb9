import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec } from '../../domain/codec.ts'
import type { UserPattern } from '../../domain/events.ts'
import { PRODUCT_INDEX } from '../../domain/indexes.ts'
import { nameUuid } from '../../domain/name-uuid.ts'
import { deadLetterTopic, NOTIFICATION_PUSH, USER_PATTERN } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, LogRecord, StoredRecord } from '../../ports/event-log.ts'
import { appendDeadLetters, deadLetterRecord } from '../dead-letter.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'

export const REMINDER_GROUP = 'rep-reminder'
const MOST_RECORDS = 500

/** Name space of the reminders' trace ids: a random UUID, the same for ever. */
const NAME_SPACE = Buffer.from('2d90f7c4a8b1463e9c5d17e0f2a6b834', 'hex')
const text = new TextEncoder()

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openReminderStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<OpenedStage> {
  return openStage(new ReminderStage(context, settings.notify.channel), context.stack.log, MOST_RECORDS)
}

/**
 * Turns detected patterns that ask for it into notifications. A pattern that is read again gives the same
 * notification, which `notify` then knows.
 */
class ReminderStage implements ConsumingStage {
  readonly name = 'reminder'
  readonly group = REMINDER_GROUP
  readonly reads = [USER_PATTERN]
  readonly writes = [NOTIFICATION_PUSH, deadLetterTopic(USER_PATTERN)]
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #channel: PipelineSettings['notify']['channel']
  readonly #codec: EventCodec
  #consumer: Consumer | null = null
  #taken: readonly StoredRecord[] | null = null

  constructor(context: StageContext, channel: PipelineSettings['notify']['channel']) {
    this.#context = context
    this.#channel = channel
    this.#codec = createCodec(context.stack.schemaIds)
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  async handle(batch: readonly StoredRecord[]): Promise<void> {
    if (batch !== this.#taken) this.counters.in += batch.length
    this.#taken = batch
    const letters: LogRecord[] = []
    const patterns: UserPattern[] = []
    for (const record of batch) {
      const pattern = this.#read(record)
      if (pattern instanceof RepError) letters.push(deadLetterRecord(record, this.name, pattern.message))
      else patterns.push(pattern)
    }
    const produced = await this.#remind(patterns.filter(({ remind }) => remind))
    await appendDeadLetters(this.#context.stack.log, USER_PATTERN, letters)
    await this.#consumer?.commit(nextPositions(batch))
    this.counters.produced += produced
    this.counters.deadLettered += letters.length
    this.counters.out += patterns.length
    this.#taken = null
  }

  async idle(): Promise<void> {
    // Nothing is kept back.
  }

  async flush(): Promise<void> {
    // Nothing is kept back.
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  async #remind(patterns: readonly UserPattern[]): Promise<number> {
    if (patterns.length === 0) return 0
    const names = await this.#productNames(patterns)
    const records = patterns.map((pattern, i): LogRecord => {
      const { traceId, userId, productIds, detectedAt } = pattern
      const more = productIds.length > 1 ? ` and ${productIds.length - 1} more` : ''
      const value = this.#codec.encodeNotification({
        traceId: nameUuid(NAME_SPACE, traceId),
        userId,
        productId: productIds[0] ?? '',
        kind: 'CART_REMINDER',
        channel: this.#channel,
        title: 'Still in your cart',
        body: `Waiting for you: ${names[i]}${more}.`,
        causeTraceId: traceId,
        createdAt: detectedAt,
      })
      // Its due time was long before: how late a reminder is says nothing of the pipeline's speed.
      return { key: text.encode(userId), value, dueUs: 0 }
    })
    const { failures } = await this.#context.stack.log.append(NOTIFICATION_PUSH, records)
    const first = failures?.[0]
    if (failures === undefined || first === undefined) return records.length
    throw new RepError(
      'REP_LOG_UNAVAILABLE',
      `${failures.length} of ${records.length} reminders were not stored in ${NOTIFICATION_PUSH}: ${first.error.message}`,
      { cause: first.error },
    )
  }

  /** Name of each pattern's first product; its id where the catalogue has none. */
  async #productNames(patterns: readonly UserPattern[]): Promise<string[]> {
    const ids = patterns.map(({ productIds }) => productIds[0] ?? '')
    const items = await this.#context.stack.vectors.getMany(PRODUCT_INDEX, ids)
    return ids.map((id, i) => {
      const name = items[i]?.attributes.name
      return typeof name === 'string' ? name : id === '' ? 'what you chose' : id
    })
  }

  #read(record: StoredRecord): UserPattern | RepError {
    try {
      return this.#codec.decodeUserPattern(record.value)
    } catch (error) {
      if (error instanceof RepError) return error
      throw error
    }
  }
}

function nextPositions(batch: readonly StoredRecord[]) {
  const next = new Map<number, number>()
  for (const { partition, offset } of batch) next.set(partition, offset + 1)
  return Array.from(next, ([partition, offset]) => ({ topic: USER_PATTERN, partition, offset }))
}
