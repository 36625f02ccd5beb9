import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec, type UserActionFlat } from '../../domain/codec.ts'
import { deadLetterTopic, USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { BEHAVIOR_INDEX_SPEC } from '../behavior-index.ts'
import { deadLetterRecord } from '../dead-letter.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { TraceWindow } from '../trace-window.ts'
import { behaviorDocument } from './behavior-document.ts'
import { PendingDocuments } from './pending-documents.ts'
import { settlePending, storePending } from './settle-pending.ts'

export const BEHAVIOR_GROUP = 'rep-behavior'

/**
 * Between two settlements under load, ms. Bulks follow each other faster; adding up the popularity of several costs the
 * key-value store a third of what it costs bulk by bulk. A crash repeats what is not settled, and loses its popularity.
 */
const SETTLE_MS = 500

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openBehaviorStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<OpenedStage> {
  await context.stack.documents.ensureIndexes([BEHAVIOR_INDEX_SPEC])
  return openStage(new BehaviorStage(context, settings), context.stack.log, settings.behavior.batchRecords)
}

/**
 * Indexes every user action as a document and counts the popularity of products. Documents, popularity and
 * offsets are settled together, by number or by age; what cannot be decoded or is refused is in the
 * dead-letter topic before its offset is committed.
 */
class BehaviorStage implements ConsumingStage {
  readonly name = 'behavior'
  readonly group = BEHAVIOR_GROUP
  readonly reads = [USER_ACTION]
  readonly writes = [deadLetterTopic(USER_ACTION)]
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: PipelineSettings
  readonly #decode: EventCodec['decodeUserActionFlat']
  readonly #window: TraceWindow
  #consumer: Consumer | null = null
  #pending = new PendingDocuments()
  #taken: readonly StoredRecord[] | null = null

  constructor(context: StageContext, settings: PipelineSettings) {
    this.#context = context
    this.#decode = createCodec(context.stack.schemaIds).decodeUserActionFlat
    this.#settings = settings
    this.#window = new TraceWindow(settings.behavior.dedupeWindow)
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Begins partitions anew: what is pending of them is read again, and their windows are read back. */
  async begin(assigned: readonly Position[]): Promise<void> {
    const partitions = new Set(assigned.map(({ partition }) => partition))
    this.#drop((partition) => partitions.has(partition))
    await this.#window.refill(this.#context.stack.log, assigned, (record) => {
      const action = this.#read(record)
      return action instanceof RepError ? null : action.traceId
    })
  }

  async handle(batch: readonly StoredRecord[]): Promise<void> {
    if (batch !== this.#taken) {
      this.#taken = batch
      this.counters.in += batch.length
      for (let i = 0; i < batch.length; i++) this.#take(batch[i]!)
    }
    if (this.#pending.documents.length < this.#settings.behavior.flushDocuments) await this.idle()
    else if (this.#pending.ageMs() < SETTLE_MS) await this.#settle(storePending)
    else await this.flush()
    this.#taken = null
  }

  async idle(): Promise<void> {
    if (this.#pending.ageMs() >= this.#settings.behavior.flushMs) await this.flush()
  }

  async flush(): Promise<void> {
    if (await this.#settle(settlePending)) this.#pending = new PendingDocuments()
  }

  async close(): Promise<void> {
    await this.flush()
  }

  /** Takes what is pending, of the partitions that are still this member's, a step further; false where nothing is. */
  async #settle(step: typeof settlePending): Promise<boolean> {
    const consumer = this.#consumer
    if (consumer === null) return false
    const owned = new Set(consumer.assignment().map(({ partition }) => partition))
    this.#drop((partition) => !owned.has(partition))
    if (this.#pending.empty) return false
    const { stack } = this.#context
    await step(this.#pending, {
      stack,
      consumer,
      stage: this.name,
      weights: this.#settings.preference.weights,
      onDurable: (documents) => this.#account(documents),
      onBuried: (letters) => {
        this.counters.deadLettered += letters
      },
    })
    return true
  }

  /**
   * Gives up what is pending of partitions that moved on, or that begin anew: whoever reads them reads it
   * again, so it counts as never taken, but for the dead letters that are written.
   */
  #drop(isLost: (partition: number) => boolean): void {
    const lost = this.#pending.withdraw(isLost)
    if (lost === null) return
    for (const { id, fields } of lost.documents) this.#window.forget(fields.partition, id)
    const letters = lost.letters.filter(({ appended }) => !appended).length
    this.counters.in -= lost.documents.length + letters
  }

  #take(record: StoredRecord): void {
    const { partition, offset, dueUs } = record
    const action = this.#read(record)
    this.#pending.advance(partition, offset)
    if (action instanceof RepError) {
      this.#pending.addLetter(partition, deadLetterRecord(record, this.name, action.message))
    } else if (this.#window.add(partition, action.traceId)) {
      this.#pending.addDocument(behaviorDocument(action, partition, offset), dueUs)
    } else this.counters.duplicates++
  }

  #read(record: StoredRecord): UserActionFlat | RepError {
    try {
      return this.#decode(record.value)
    } catch (error) {
      if (error instanceof RepError) return error
      throw error
    }
  }

  /** Counts what is durable. A document that was there before is a redelivery or a repeat. */
  #account({ documents, dueUs, upserted }: PendingDocuments): void {
    const { observer } = this.#context
    for (let i = 0; i < documents.length; i++) {
      const { id } = documents[i]!
      if (upserted?.created[i] === 0) {
        this.counters.duplicates++
        observer.known('index', id, dueUs[i]!)
      } else {
        this.counters.out++
        observer.done('index', id, dueUs[i]!)
      }
    }
  }
}
