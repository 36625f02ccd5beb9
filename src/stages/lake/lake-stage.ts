import type { PipelineSettings } from '../../config/scenario.ts'
import { ActionSpans } from '../../domain/lake/action-spans.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { LakePartition, type RollLimits } from './lake-partition.ts'
import { finishMerges } from './merges.ts'

export const LAKE_GROUP = 'rep-lake'

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openLakeStage(
  context: StageContext,
  { lake }: Pick<PipelineSettings, 'lake'>,
): Promise<OpenedStage> {
  if (lake.where === null) throw new RepError('REP_INTERNAL', 'Nobody said where the lake is.')
  const store = await context.stack.openObjects(lake.where)
  await finishMerges(store)
  return openStage(new LakeStage(context, store, lake), context.stack.log, lake.batchRecords)
}

/**
 * Writes every user action as a row of Parquet, exactly one for each record of the log: docs/lake.md says how. What
 * cannot be decoded is the behaviour stage's to bury.
 */
class LakeStage implements ConsumingStage {
  readonly name = 'lake'
  readonly group = LAKE_GROUP
  readonly reads = [USER_ACTION]
  readonly writes = []
  readonly counters = newCounters()
  readonly #store: ObjectStore
  readonly #limits: RollLimits
  readonly #spans: ActionSpans
  readonly #partitions = new Map<number, LakePartition>()
  #consumer: Consumer | null = null
  #taken: readonly StoredRecord[] | null = null

  constructor({ stack }: StageContext, store: ObjectStore, limits: RollLimits) {
    this.#store = store
    this.#limits = limits
    this.#spans = new ActionSpans(stack.schemaIds)
  }

  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Begins partitions anew: what is held of them is read again. */
  async begin(assigned: readonly Position[]): Promise<void> {
    for (const { partition } of assigned) this.#drop(partition)
    const common = { store: this.#store, spans: this.#spans, counters: this.counters }
    const opened = await Promise.all(
      assigned.map(({ partition, offset }) => LakePartition.open({ ...common, partition }, offset)),
    )
    for (const [i, { partition }] of assigned.entries()) this.#partitions.set(partition, opened[i]!)
  }

  async handle(batch: readonly StoredRecord[]): Promise<void> {
    if (batch !== this.#taken) {
      this.#taken = batch
      this.counters.in += batch.length
      for (let i = 0; i < batch.length; i++) this.#partitions.get(batch[i]!.partition)!.take(batch[i]!)
    }
    await this.idle()
    this.#taken = null
  }

  async idle(): Promise<void> {
    await this.#settle((partition) => partition.isDue(this.#limits))
  }

  async flush(): Promise<void> {
    await this.#settle(() => true)
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#store.close()
  }

  async #settle(isDue: (partition: LakePartition) => boolean): Promise<void> {
    const consumer = this.#consumer
    if (consumer === null) return
    const owned = new Set(consumer.assignment().map(({ partition }) => partition))
    for (const partition of this.#partitions.keys()) if (!owned.has(partition)) this.#drop(partition)
    const due = [...this.#partitions.values()].filter(isDue)
    const rolls = await Promise.allSettled(due.map((partition) => partition.roll()))
    await this.#commit(consumer)
    const failed = rolls.find((roll) => roll.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** Commits what is stored and was not committed yet. */
  async #commit(consumer: Consumer): Promise<void> {
    const stored = [...this.#partitions].filter(([, { stored, committed }]) => stored > committed)
    if (stored.length === 0) return
    const positions = stored.map(([partition, state]) => ({
      topic: USER_ACTION,
      partition,
      offset: state.stored,
    }))
    await consumer.commit(positions)
    for (const [i, [, state]] of stored.entries()) state.committed = positions[i]!.offset
  }

  /** Gives up what is held of a partition: whoever reads it next reads it again, so it was never taken. */
  #drop(partition: number): void {
    this.counters.in -= this.#partitions.get(partition)?.held ?? 0
    this.#partitions.delete(partition)
  }
}
