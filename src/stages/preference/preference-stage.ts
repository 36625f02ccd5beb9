import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec, type UserActionCore } from '../../domain/codec.ts'
import { USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { newCounters, type Stage, type StageContext } from '../stage.ts'
import { TraceWindow } from '../trace-window.ts'
import { ActionVectors } from './action-vectors.ts'
import { PreferenceBackup } from './preference-backup.ts'
import { storePreferences } from './store-preferences.ts'
import { type PendingAction, UserBatch } from './user-batch.ts'

export const PREFERENCE_GROUP = 'rep-preference'

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openPreferenceStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<{ readonly stage: Stage; readonly consumer: Consumer }> {
  const { vectors, embedder, log } = context.stack
  const { dims } = embedder.capabilities
  await vectors.ensureIndexes([{ index: USER_PREFERENCE_INDEX, dims, kind: 'flat' }])
  const stage = new PreferenceStage(context, settings)
  const consumer = await log.consume({
    group: PREFERENCE_GROUP,
    topics: stage.reads,
    maxRecords: settings.preference.batchRecords,
    onAssigned: (assigned) => stage.refillWindow(assigned),
  })
  stage.attach(consumer)
  return { stage, consumer }
}

/**
 * Keeps each user's preference. A batch is folded by user into one read and one compare-and-set on the last
 * applied offset, which makes a redelivery or a second consumer harmless: so the records are stored first
 * and the offsets committed after them.
 */
class PreferenceStage implements Stage {
  readonly name = 'preference'
  readonly group = PREFERENCE_GROUP
  readonly reads = [USER_ACTION]
  readonly writes: readonly string[] = []
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: PipelineSettings['preference']
  readonly #decode: EventCodec['decodeUserActionCore']
  readonly #window: TraceWindow
  readonly #vectors: ActionVectors
  readonly #backup: PreferenceBackup
  #consumer: Consumer | null = null
  #batch: UserBatch | null = null
  #backupFails = false

  constructor(context: StageContext, settings: PipelineSettings) {
    this.#context = context
    this.#decode = createCodec(context.stack.schemaIds).decodeUserActionCore
    this.#settings = settings.preference
    this.#window = new TraceWindow(settings.behavior.dedupeWindow)
    this.#vectors = new ActionVectors(context.stack)
    this.#backup = new PreferenceBackup(context.stack, settings.preference.backupMs)
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Reads back which trace ids the partitions held before these positions. */
  async refillWindow(assigned: readonly Position[]): Promise<void> {
    await this.#window.refill(
      this.#context.stack.log,
      assigned,
      (record) => this.#read(record)?.traceId ?? null,
    )
  }

  async handle(source: readonly StoredRecord[]): Promise<void> {
    const batch = this.#batch?.source === source ? this.#batch : this.#take(source)
    this.#batch = batch
    await this.#vectors.resolve(batch.users.values())
    while (batch.users.size > 0) await this.#storeRound(batch.users)
    await this.#consumer?.commit(batch.positions())
    this.#batch = null
    await this.idle()
  }

  /** Backs up who is due. A failure is not the batch's: it is logged once, and tried again later. */
  async idle(): Promise<void> {
    try {
      await this.#backup.copyDue()
      if (this.#backupFails) this.#context.log(`${this.name}: backups go on`)
      this.#backupFails = false
    } catch (error) {
      if (!(error instanceof RepError && error.retryable)) throw error
      if (!this.#backupFails) this.#context.log(`${this.name}: backups wait, ${error.message}`)
      this.#backupFails = true
    }
  }

  async flush(): Promise<void> {
    await this.#backup.copyAll()
  }

  async close(): Promise<void> {
    await this.flush()
  }

  #take(source: readonly StoredRecord[]): UserBatch {
    const batch = new UserBatch(source)
    const { weights } = this.#settings
    this.counters.in += source.length
    for (let i = 0; i < source.length; i++) {
      const record = source[i]!
      const action = this.#read(record)
      batch.advance(record.partition, record.offset)
      if (action === null) this.counters.rejected++
      else if (!this.#window.add(record.partition, action.traceId)) this.counters.duplicates++
      else batch.add(action, record, weights[action.actionType] ?? 0)
    }
    return batch
  }

  /** Null for a record that cannot be decoded; the behavior stage dead-letters it. */
  #read(record: StoredRecord): UserActionCore | null {
    try {
      return this.#decode(record.value)
    } catch (error) {
      if (error instanceof RepError) return null
      throw error
    }
  }

  /** Users whose record another consumer changed meanwhile stay for the next round. */
  async #storeRound(users: Map<string, PendingAction[]>): Promise<void> {
    const { stack, observer } = this.#context
    for (const { userId, repeated } of await storePreferences(stack, users, this.#settings)) {
      const actions = users.get(userId)!
      users.delete(userId)
      this.counters.duplicates += repeated
      this.counters.out += actions.length - repeated
      for (let i = 0; i < repeated; i++) {
        observer.known('preference', actions[i]!.traceId, actions[i]!.dueUs)
      }
      for (let i = repeated; i < actions.length; i++) {
        observer.done('preference', actions[i]!.traceId, actions[i]!.dueUs)
      }
      if (repeated < actions.length) this.#backup.changed(userId)
    }
  }
}
