import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type UserActionFlat } from '../../domain/codec.ts'
import { deadLetterTopic, USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { deadLetterRecord } from '../dead-letter.ts'
import { newCounters, type Stage, type StageContext } from '../stage.ts'
import { TraceWindow } from '../trace-window.ts'
import { BEHAVIOR_INDEX_SPEC, behaviorDocument } from './behavior-document.ts'
import { PendingDocuments } from './pending-documents.ts'
import { settlePending } from './settle-pending.ts'

export const BEHAVIOR_GROUP = 'rep-behavior'

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openBehaviorStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<{ readonly stage: Stage; readonly consumer: Consumer }> {
  await context.stack.documents.ensureIndexes([BEHAVIOR_INDEX_SPEC])
  const stage = new BehaviorStage(context, settings)
  const consumer = await context.stack.log.consume({
    group: BEHAVIOR_GROUP,
    topics: stage.reads,
    maxRecords: settings.behavior.batchRecords,
    onAssigned: (assigned) => stage.refillWindow(assigned),
  })
  stage.attach(consumer)
  return { stage, consumer }
}

/**
 * Indexes every user action as a document and counts the popularity of products. Documents, popularity and
 * offsets are settled together, by number or by age; what cannot be decoded or is refused is in the
 * dead-letter topic before its offset is committed.
 */
class BehaviorStage implements Stage {
  readonly name = 'behavior'
  readonly group = BEHAVIOR_GROUP
  readonly reads = [USER_ACTION]
  readonly writes = [deadLetterTopic(USER_ACTION)]
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: PipelineSettings
  readonly #decode = createCodec().decodeUserActionFlat
  readonly #window: TraceWindow
  #consumer: Consumer | null = null
  #pending = new PendingDocuments()
  #taken: readonly StoredRecord[] | null = null

  constructor(context: StageContext, settings: PipelineSettings) {
    this.#context = context
    this.#settings = settings
    this.#window = new TraceWindow(settings.behavior.dedupeWindow)
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Reads back which trace ids the partitions held before these positions. */
  async refillWindow(assigned: readonly Position[]): Promise<void> {
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
    if (this.#pending.documents.length >= this.#settings.behavior.flushDocuments) await this.flush()
    else await this.idle()
    this.#taken = null
  }

  async idle(): Promise<void> {
    if (this.#pending.ageMs() >= this.#settings.behavior.flushMs) await this.flush()
  }

  async flush(): Promise<void> {
    const consumer = this.#consumer
    if (this.#pending.empty || consumer === null) return
    const { stack } = this.#context
    const { weights } = this.#settings.preference
    await settlePending(this.#pending, { stack, consumer, stage: this.name, weights })
    this.#account(this.#pending)
    this.#pending = new PendingDocuments()
  }

  dropUnsettled(): void {
    this.#taken = null
    const pending = this.#pending
    this.#pending = new PendingDocuments()
    for (const { id, fields } of pending.documents) this.#window.forget(fields.partition, id)
    if (pending.upserted !== null) this.#account(pending)
    else this.counters.in -= pending.documents.length + pending.letters.length
  }

  async close(): Promise<void> {
    await this.flush()
  }

  #take(record: StoredRecord): void {
    const { partition, offset, dueUs } = record
    const action = this.#read(record)
    this.#pending.advance(partition, offset)
    if (action instanceof RepError) {
      this.#pending.letters.push(deadLetterRecord(record, this.name, action.message))
    } else if (this.#window.add(partition, action.traceId)) {
      this.#pending.documents.push(behaviorDocument(action, partition, offset))
      this.#pending.dueUs.push(dueUs)
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
  #account({ documents, dueUs, letters, upserted }: PendingDocuments): void {
    const { observer } = this.#context
    for (let i = 0; i < documents.length; i++) {
      if (upserted?.created[i] === 0) this.counters.duplicates++
      else {
        this.counters.out++
        observer.done('index', documents[i]!.id, dueUs[i]!)
      }
    }
    this.counters.deadLettered += letters.length
  }
}
