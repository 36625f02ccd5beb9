import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec, type UserActionCore } from '../../domain/codec.ts'
import { USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { TraceWindow } from '../trace-window.ts'
import { ActionVectors } from './action-vectors.ts'
import { AppliedMarks, type Loss, markKey } from './applied-marks.ts'
import { BackupKeeper } from './backup-keeper.ts'
import { PROGRESS_INDEX_SPEC } from './backup-progress.ts'
import { LostActions } from './lost-actions.ts'
import { PendingCommit } from './pending-commit.ts'
import { RoundMemory, type StoredUser, storePreferences } from './store-preferences.ts'
import { UserBatch } from './user-batch.ts'

export const PREFERENCE_GROUP = 'rep-preference'

/** Between two looks at the marks while nothing comes, ms. */
const CHECK_MS = 1000
/** Between two commits of offsets, ms. */
const COMMIT_MS = 200

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openPreferenceStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<OpenedStage> {
  const { vectors, documents, embedder, log } = context.stack
  const { dims } = embedder.capabilities
  await vectors.ensureIndexes([{ index: USER_PREFERENCE_INDEX, dims, kind: 'flat' }])
  await documents.ensureIndexes([PROGRESS_INDEX_SPEC])
  return openStage(new PreferenceStage(context, settings), log, settings.preference.batchRecords)
}

/**
 * Keeps each user's preference. A batch is folded by user into one read and one compare-and-set on the last
 * applied offset, which makes a redelivery or a second consumer harmless: so the records are stored first
 * and the offsets committed after them, a few times a second. What the key-value store loses afterwards is noticed by its marks, and
 * comes back from the backup and the log.
 */
class PreferenceStage implements ConsumingStage {
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
  readonly #marks = new AppliedMarks()
  readonly #memory = new RoundMemory()
  readonly #backup: BackupKeeper
  readonly #lost: LostActions
  readonly #handled = new PendingCommit()
  #consumer: Consumer | null = null
  #batch: UserBatch | null = null
  #checkedMs = Number.NEGATIVE_INFINITY

  constructor(context: StageContext, settings: PipelineSettings) {
    const { stack } = context
    const { dedupeWindow } = settings.behavior
    const say = (line: string): void => context.log(`${this.name}: ${line}`)
    const read = (record: StoredRecord) => this.#read(record)
    this.#context = context
    this.#decode = createCodec(stack.schemaIds).decodeUserActionCore
    this.#settings = settings.preference
    this.#window = new TraceWindow(dedupeWindow)
    this.#vectors = new ActionVectors(stack)
    this.#backup = new BackupKeeper({ stack, settings: settings.preference, marks: this.#marks, read, say })
    this.#lost = new LostActions({
      log: stack.log,
      marks: this.#marks,
      progress: this.#backup.progress,
      dedupeWindow,
      read,
      weightOf: (action) => this.#weightOf(action),
      apply: (batch) => this.#apply(batch, () => undefined),
      say,
    })
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Begins partitions: reads back which trace ids they held before these positions. */
  async begin(assigned: readonly Position[]): Promise<void> {
    const { log } = this.#context.stack
    await this.#window.refill(log, assigned, (record) => this.#read(record)?.traceId ?? null)
    const partitions = new Set(assigned.map(({ partition }) => partition))
    this.#handled.drop((partition) => partitions.has(partition))
    this.#marks.begin(assigned)
    this.#backup.begin(assigned)
  }

  async handle(source: readonly StoredRecord[]): Promise<void> {
    const batch = this.#batch?.source === source ? this.#batch : this.#take(source)
    this.#batch = batch
    while (!batch.applied) {
      await this.#lost.recover()
      const losses = await this.#apply(batch, (user) => this.#account(batch, user))
      if (losses.length > 0) await this.#checkMarks()
    }
    this.#batch = null
    this.#handled.advance(batch.next)
    if (this.#handled.ageMs() >= COMMIT_MS) await this.#commit()
    await this.#backup.tend()
  }

  async idle(): Promise<void> {
    this.#dropLost()
    await this.#lost.recover()
    if (performance.now() - this.#checkedMs >= CHECK_MS) await this.#checkMarks()
    await this.#lost.recover()
    await this.#commit()
    await this.#backup.tend()
  }

  async flush(): Promise<void> {
    this.#dropLost()
    await this.#checkMarks()
    await this.#lost.recover()
    await this.#commit()
    await this.#backup.complete()
  }

  async close(): Promise<void> {
    await this.flush()
  }

  /** Forgets what is of partitions that moved on. */
  #dropLost(): void {
    if (this.#consumer === null) return
    const owned = new Set(this.#consumer.assignment().map(({ partition }) => partition))
    this.#marks.keepOnly(owned)
    this.#lost.keepOnly(owned)
    this.#backup.keepOnly(owned)
  }

  /** Commits what is handled of the partitions that are still this member's. */
  async #commit(): Promise<void> {
    const consumer = this.#consumer
    if (consumer === null) return
    const owned = new Set(consumer.assignment().map(({ partition }) => partition))
    this.#handled.drop((partition) => !owned.has(partition))
    await this.#handled.commit(consumer)
  }

  #take(source: readonly StoredRecord[]): UserBatch {
    const batch = new UserBatch(source)
    this.counters.in += source.length
    for (let i = 0; i < source.length; i++) {
      const record = source[i]!
      const action = this.#read(record)
      batch.advance(record.partition, record.offset)
      if (action === null) this.counters.rejected++
      else if (!this.#window.add(record.partition, action.traceId)) this.counters.duplicates++
      else batch.add(action, record, this.#weightOf(action))
    }
    return batch
  }

  #weightOf({ actionType }: UserActionCore): number {
    return this.#settings.weights[actionType] ?? 0
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

  /**
   * Stores all of a batch, round by round, and tells of each user once. Ends early where the store has lost some
   * of what it had, which is returned: then that has to be applied first.
   */
  async #apply(batch: UserBatch, onStored: (user: StoredUser) => void): Promise<readonly Loss[]> {
    const { stack } = this.#context
    const { alpha, ttlMs } = this.#settings
    await this.#vectors.resolve(batch.users.values())
    while (!batch.applied) {
      const options = { alpha, ttlMs, marks: this.#marks, memory: this.#memory }
      const { done, marked, losses } = await storePreferences(stack, batch, options)
      if (losses.length > 0) return losses
      for (const user of done) {
        const actions = batch.users.get(user.userId)!
        onStored(user)
        batch.users.delete(user.userId)
        // Repeats too: whoever applied them may have died before it backed them up.
        this.#backup.changed(user.userId, actions[0]!)
      }
      batch.marked = marked
    }
    return []
  }

  /** Counts and reports a user's actions. Users whose record another consumer changed meanwhile come in a later round. */
  #account(batch: UserBatch, { userId, repeated }: StoredUser): void {
    const { observer } = this.#context
    const actions = batch.users.get(userId)!
    this.counters.duplicates += repeated
    this.counters.out += actions.length - repeated
    for (let i = 0; i < repeated; i++) observer.known('preference', actions[i]!.traceId, actions[i]!.dueUs)
    for (let i = repeated; i < actions.length; i++)
      observer.done('preference', actions[i]!.traceId, actions[i]!.dueUs)
  }

  /** Looks whether the key-value store still has what it had of every partition. */
  async #checkMarks(): Promise<void> {
    const { partitions } = this.#marks
    const values = await this.#context.stack.keyValue.getMany(partitions.map(markKey))
    this.#checkedMs = performance.now()
    this.#lost.note(this.#marks.losses(partitions, values))
  }
}
