import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec, type UserActionFlat } from '../../domain/codec.ts'
import { USER_ACTION, USER_PATTERN } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { FeaturePartition } from './feature-partition.ts'
import { FeatureStore, StaleStates } from './feature-store.ts'
import { PatternWriter } from './pattern-writer.ts'
import { ProductCategories } from './product-categories.ts'

export const FEATURE_GROUP = 'rep-feature'

/** Between two looks at where the log ends, which tell silence from a backlog. */
const LOOK_MS = 500
const MOST_TRIES = 10

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openFeatureStage(
  context: StageContext,
  { features }: Pick<PipelineSettings, 'features'>,
): Promise<OpenedStage> {
  return openStage(new FeatureStage(context, features), context.stack.log, features.batchRecords)
}

/**
 * Keeps each user's features by event time (docs/features.md). What is in memory of a partition is changed first
 * and stored by the next settlement: states by compare-and-set, so that neither a redelivery nor a member that
 * lost the partition applies an action twice; offsets are committed last.
 */
class FeatureStage implements ConsumingStage {
  readonly name = 'feature'
  readonly group = FEATURE_GROUP
  readonly reads = [USER_ACTION]
  readonly writes = [USER_PATTERN]
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: PipelineSettings['features']
  readonly #decode: EventCodec['decodeUserActionFlat']
  readonly #store: FeatureStore
  readonly #patterns: PatternWriter
  readonly #categories: ProductCategories
  readonly #partitions = new Map<number, FeaturePartition>()
  #consumer: Consumer | null = null
  #taken: readonly StoredRecord[] | null = null
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(context: StageContext, settings: PipelineSettings['features']) {
    const { stack } = context
    this.#context = context
    this.#settings = settings
    this.#decode = createCodec(stack.schemaIds).decodeUserActionFlat
    this.#store = new FeatureStore(stack, settings)
    this.#patterns = new PatternWriter(stack, settings.definitions)
    this.#categories = new ProductCategories(stack)
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Begins partitions anew, from what is stored of them. */
  async begin(assigned: readonly Position[]): Promise<void> {
    for (const { partition: id, offset } of assigned) {
      this.#giveUp(id)
      const partition = new FeaturePartition(id, offset, this.#settings.definitions)
      await this.#store.resume(partition)
      this.#partitions.set(id, partition)
    }
  }

  async handle(batch: readonly StoredRecord[]): Promise<void> {
    if (batch !== this.#taken) {
      const actions = batch.map((record) => this.#read(record))
      await this.#categories.load(unnamedProducts(actions))
      this.#taken = batch
      this.counters.in += batch.length
      for (let i = 0; i < batch.length; i++) this.#take(batch[i]!, actions[i]!)
    }
    await this.idle()
    this.#taken = null
  }

  async idle(): Promise<void> {
    await this.#followClock()
    await this.flush()
  }

  async flush(): Promise<void> {
    const owned = new Set(this.#consumer?.assignment().map(({ partition }) => partition))
    for (const id of [...this.#partitions.keys()]) if (!owned.has(id)) this.#giveUp(id)
    const busy = [...this.#partitions.values()].filter(({ hasWork }) => hasWork)
    if (busy.length === 0) return
    for (let tries = 1; ; tries++) {
      try {
        await this.#settle(busy)
        break
      } catch (error) {
        if (!(error instanceof StaleStates)) throw error
        if (tries === MOST_TRIES) throw contended(error)
        for (const partition of busy)
          partition.forget(error.userIds.filter((userId) => partition.users.has(userId)))
      }
    }
    for (const partition of busy) this.#account(partition)
  }

  async close(): Promise<void> {
    await this.flush()
  }

  #take(record: StoredRecord, action: UserActionFlat | null): void {
    const { offset, timestampMs } = record
    const partition = this.#partitions.get(record.partition)
    if (partition === undefined) {
      throw new RepError('REP_INTERNAL', `Partition ${record.partition} was read before it was assigned.`)
    }
    partition.nextOffset = offset + 1
    if (action === null) {
      // The behavior stage dead-letters it; its offset goes with the next settlement.
      this.counters.rejected++
      return
    }
    const { traceId, userId, timestamp, actionType, productId, price } = action
    const category = action.category ?? (productId === null ? null : this.#categories.of(productId))
    const event = { traceId, timestamp, actionType, productId, category, price }
    const { watermarkMs } = partition.clock
    partition.arrivals.push({ userId, event, offset, watermarkMs, result: null })
    partition.clock.observe(timestamp, timestampMs)
  }

  #read(record: StoredRecord): UserActionFlat | null {
    try {
      return this.#decode(record.value)
    } catch (error) {
      if (error instanceof RepError) return null
      throw error
    }
  }

  /** Lets the clock of partitions that are read to their ends go on in silence. */
  async #followClock(): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#lookedMs < LOOK_MS) return
    this.#lookedMs = nowMs
    const askedMs = Date.now()
    for (const { partition: id, latest } of await this.#context.stack.log.offsets(USER_ACTION)) {
      const partition = this.#partitions.get(id)
      if (partition !== undefined && partition.nextOffset >= latest) partition.clock.follow(askedMs)
    }
  }

  async #settle(partitions: readonly FeaturePartition[]): Promise<void> {
    for (const partition of partitions) {
      await this.#store.load(partition, partition.missing())
      partition.apply()
    }
    for (const partition of partitions) {
      this.counters.produced += await this.#patterns.append(partition.found)
      partition.found = []
    }
    const positions = partitions.map(({ id, nextOffset }) => ({
      topic: USER_ACTION,
      partition: id,
      offset: nextOffset,
    }))
    await this.#context.stack.settlement.settle(
      () => this.#store.save(partitions),
      async () => this.#consumer?.commit(positions),
    )
  }

  #account(partition: FeaturePartition): void {
    for (const { result } of partition.arrivals) {
      if (result === 'repeated' || result === 'applied-before') this.counters.duplicates++
      else this.counters.out++
    }
    for (const userId of partition.touched) {
      const user = partition.users.get(userId)!
      user.version = (user.version ?? 0) + 1
    }
    partition.settled()
  }

  /** What is unsettled of a partition that is no longer this member's counts as never taken. */
  #giveUp(id: number): void {
    const partition = this.#partitions.get(id)
    if (partition === undefined) return
    this.counters.in -= partition.arrivals.length
    this.#partitions.delete(id)
  }
}

function unnamedProducts(actions: readonly (UserActionFlat | null)[]): Set<string> {
  const products = new Set<string>()
  for (const action of actions)
    if (action !== null && action.category === null && action.productId !== null)
      products.add(action.productId)
  return products
}

function contended(cause: StaleStates): RepError {
  return new RepError(
    'REP_STORE_UNAVAILABLE',
    `Feature states of ${cause.userIds.length} users changed ${MOST_TRIES} times while they were to be stored.`,
    { cause },
  )
}
