import type { PipelineSettings } from '../../config/scenario.ts'
import type { Notification } from '../../domain/events.ts'
import { NOTIFICATION_HISTORY_INDEX } from '../../domain/indexes.ts'
import { deadLetterTopic, NOTIFICATION_PUSH } from '../../domain/topics.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { CommitFrontier, type Ticket } from './commit-frontier.ts'
import { deliver } from './deliver.ts'
import { HISTORY_INDEX_SPEC, historyDocument, isSettled } from './history.ts'
import { type Channels, openChannels } from './open-channels.ts'
import { OutcomeWriter } from './outcome-writer.ts'
import { notificationReader } from './read-notification.ts'
import { SendQueue } from './send-queue.ts'
import { keepRecord, type Sending } from './sending.ts'

export const NOTIFY_GROUP = 'rep-notify'
const MOST_RECORDS = 2000

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openNotifyStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<OpenedStage> {
  await context.stack.documents.ensureIndexes([HISTORY_INDEX_SPEC])
  return openStage(
    new NotifyStage(context, settings.notify),
    context.stack.log,
    Math.min(MOST_RECORDS, settings.notify.concurrency),
  )
}

/**
 * Sends notifications. Sends go on while the stage polls, in any order; an offset is committed once it and
 * all before it have ended: in the history, or in the dead-letter topic with the reason. A notification whose
 * history says delivered is not sent again. Between a send and its history entry lies the one window that no
 * store can close: who dies there sends again, so a channel gets each notification at least once.
 */
class NotifyStage implements ConsumingStage {
  readonly name = 'notify'
  readonly group = NOTIFY_GROUP
  readonly reads = [NOTIFICATION_PUSH]
  readonly writes = [deadLetterTopic(NOTIFICATION_PUSH)]
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: PipelineSettings['notify']
  readonly #frontier = new CommitFrontier(NOTIFICATION_PUSH)
  readonly #channels: Channels
  readonly #read: (bytes: Uint8Array) => Notification | string
  readonly #outcomes: OutcomeWriter
  readonly #queue: SendQueue<Sending>
  /** Everything from its record to its history entry, by partition and trace id. */
  readonly #sendings = new Map<string, Sending>()
  #consumer: Consumer | null = null
  #taken: readonly StoredRecord[] | null = null
  #unchecked: Sending[] = []
  #paused = false

  constructor(context: StageContext, settings: PipelineSettings['notify']) {
    this.#context = context
    this.#settings = settings
    this.#channels = openChannels(settings)
    this.#read = notificationReader(this.#channels, context.stack.schemaIds)
    this.#outcomes = new OutcomeWriter(context.stack, this.name)
    this.#queue = new SendQueue({
      concurrency: settings.concurrency,
      run: (sending) => this.#send(sending),
      onSpace: () => this.#resume(),
    })
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Begins partitions anew. What is still being sent of them ends as it is; its record, read again, joins it. */
  begin(assigned: readonly Position[]): void {
    for (const { partition, offset } of assigned) this.#frontier.begin(partition, offset)
  }

  async handle(batch: readonly StoredRecord[]): Promise<void> {
    this.#dropLost()
    if (batch !== this.#taken) {
      this.#taken = batch
      this.counters.in += batch.length
      for (const record of batch) this.#take(record)
    }
    await this.#sendUnchecked()
    if (this.#queue.full) this.#pause()
    await this.idle()
    this.#taken = null
  }

  async idle(): Promise<void> {
    this.#queue.check()
    await this.#outcomes.check()
    this.#dropLost()
    const positions = this.#frontier.due()
    if (positions.length === 0) return
    await this.#consumer?.commit(positions)
    this.#frontier.committed(positions)
  }

  async flush(): Promise<void> {
    await this.#queue.drained()
    await this.#outcomes.settled()
    await this.idle()
  }

  async close(): Promise<void> {
    await this.flush()
    for (const channel of this.#channels.values()) await channel.close()
  }

  #take(record: StoredRecord): void {
    const { partition, offset } = record
    const ticket = this.#frontier.start(partition, offset)
    const notification = this.#read(record.value)
    if (typeof notification === 'string') {
      this.#bury(record, ticket, notification)
      return
    }
    const key = keyOf(partition, notification.traceId)
    const before = this.#sendings.get(key)
    if (before !== undefined) {
      before.repeats.push(ticket)
      return
    }
    const sending: Sending = { notification, record: keepRecord(record), ticket, repeats: [] }
    this.#sendings.set(key, sending)
    this.#unchecked.push(sending)
  }

  /** Ends what the history knows and sends the rest. */
  async #sendUnchecked(): Promise<void> {
    if (this.#unchecked.length === 0) return
    const ids = this.#unchecked.map(({ notification }) => notification.traceId)
    const histories = await this.#context.stack.documents.getMany(NOTIFICATION_HISTORY_INDEX, ids)
    const unchecked = this.#unchecked
    this.#unchecked = []
    const fresh: Sending[] = []
    for (const [i, sending] of unchecked.entries()) {
      if (isSettled(histories[i] ?? null, sending.record)) this.#forget(sending, 1)
      else fresh.push(sending)
    }
    this.#queue.add(fresh)
  }

  async #send(sending: Sending): Promise<void> {
    const { notification, record } = sending
    const delivery = await deliver(this.#channels.get(notification.channel)!, notification, this.#settings)
    const { status, attempts, reason } = delivery
    this.#outcomes.add({
      record,
      document: historyDocument(notification, delivery, record),
      deadLetter: status === 'delivered' ? null : `not delivered in ${attempts} attempts: ${reason}`,
      onDurable: (deadLettered) => {
        if (deadLettered) this.counters.deadLettered++
        else this.counters.out++
        if (status === 'delivered') {
          this.#context.observer.done('notify', notification.traceId, record.dueUs)
        }
        this.#forget(sending, 0)
      },
    })
  }

  #bury(record: StoredRecord, ticket: Ticket, deadLetter: string): void {
    const onDurable = () => {
      this.counters.deadLettered++
      ticket.finish()
    }
    this.#outcomes.add({ record, document: null, deadLetter, onDurable })
  }

  /** Everything of it is durable. `repeated`: 1 where its own record repeats what was done before, else 0. */
  #forget({ notification, record, ticket, repeats }: Sending, repeated: 0 | 1): void {
    this.#sendings.delete(keyOf(record.partition, notification.traceId))
    this.counters.duplicates += repeated + repeats.length
    ticket.finish()
    for (const repeat of repeats) repeat.finish()
  }

  /** What waits of partitions that moved on is another member's to send, and counts as never taken. */
  #dropLost(): void {
    const consumer = this.#consumer
    if (consumer === null) return
    const owned = new Set(consumer.assignment().map(({ partition }) => partition))
    this.#frontier.keepOnly((partition) => owned.has(partition))
    for (const { notification, record, repeats } of this.#queue.withdraw(
      (s) => !owned.has(s.record.partition),
    )) {
      this.#sendings.delete(keyOf(record.partition, notification.traceId))
      this.counters.in -= 1 + repeats.length
    }
  }

  /** Stops reading, not polling: a member that does not poll loses its partitions. */
  #pause(): void {
    const consumer = this.#consumer
    if (consumer === null) return
    this.#paused = true
    consumer.pause(consumer.assignment())
  }

  #resume(): void {
    const consumer = this.#consumer
    if (!this.#paused || consumer === null) return
    this.#paused = false
    consumer.resume(consumer.assignment())
  }
}

function keyOf(partition: number, traceId: string): string {
  return `${partition}/${traceId}`
}
