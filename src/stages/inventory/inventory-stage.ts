import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec, type EventCodec } from '../../domain/codec.ts'
import type { InventoryChange } from '../../domain/events.ts'
import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { deadLetterTopic, NOTIFICATION_PUSH, PRODUCT_INVENTORY } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import { BEHAVIOR_INDEX_SPEC } from '../behavior-index.ts'
import { appendDeadLetters, deadLetterRecord } from '../dead-letter.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { TraceWindow } from '../trace-window.ts'
import { Announcer } from './announce.ts'
import { ChangeBatch } from './change-batch.ts'
import { decide, faultOf } from './decide.ts'
import { ProductStates } from './product-states.ts'

export const INVENTORY_GROUP = 'rep-inventory'

/** Changes are few and each may be told to hundreds: small batches commit often. */
const BATCH_RECORDS = 200

/** Opens the stage and its consumer; run them with `runStage`. */
export async function openInventoryStage(
  context: StageContext,
  settings: PipelineSettings,
): Promise<OpenedStage> {
  const { log, documents, vectors, embedder } = context.stack
  const { dims } = embedder.capabilities
  await documents.ensureIndexes([BEHAVIOR_INDEX_SPEC])
  await vectors.ensureIndexes([
    { index: PRODUCT_INDEX, dims, kind: settings.recommend.indexKind },
    { index: USER_PREFERENCE_INDEX, dims, kind: 'flat' },
  ])
  // The first search loads the index: now rather than while a change waits.
  await vectors.refresh(USER_PREFERENCE_INDEX)
  return openStage(new InventoryStage(context, settings), log, BATCH_RECORDS)
}

/**
 * Follows prices and stocks: updates the products, and tells users of drops, returns and last pieces. First
 * the notifications are stored, then the products, then the offsets: a change that is handled again still
 * finds the product as it was, and gives the same notifications with the same ids.
 */
class InventoryStage implements ConsumingStage {
  readonly name = 'inventory'
  readonly group = INVENTORY_GROUP
  readonly reads = [PRODUCT_INVENTORY]
  readonly writes = [NOTIFICATION_PUSH, deadLetterTopic(PRODUCT_INVENTORY)]
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: PipelineSettings
  readonly #decode: EventCodec['decodeInventoryChange']
  readonly #window: TraceWindow
  readonly #announcer: Announcer
  #consumer: Consumer | null = null
  #batch: ChangeBatch | null = null

  constructor(context: StageContext, settings: PipelineSettings) {
    this.#context = context
    this.#decode = createCodec(context.stack.schemaIds).decodeInventoryChange
    this.#settings = settings
    this.#window = new TraceWindow(settings.behavior.dedupeWindow)
    this.#announcer = new Announcer(context.stack, settings)
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Reads back which trace ids the partitions held before these positions. */
  async begin(assigned: readonly Position[]): Promise<void> {
    await this.#window.refill(this.#context.stack.log, assigned, (record) => {
      const change = this.#read(record)
      return typeof change === 'string' ? null : change.traceId
    })
  }

  async handle(source: readonly StoredRecord[]): Promise<void> {
    const batch = this.#batch?.source === source ? this.#batch : this.#take(source)
    this.#batch = batch
    const { log, vectors } = this.#context.stack
    batch.products ??= await ProductStates.load(vectors, batch.productIds())
    await this.#announce(batch, batch.products)
    await appendDeadLetters(log, PRODUCT_INVENTORY, batch.letters)
    this.counters.deadLettered += batch.letters.length
    batch.letters = []
    await batch.products.store()
    this.counters.out += batch.changes.splice(0).length
    await this.#consumer?.commit(batch.positions())
    this.#batch = null
  }

  async idle(): Promise<void> {
    // Every batch is settled when `handle` returns.
  }

  async flush(): Promise<void> {
    // Every batch is settled when `handle` returns.
  }

  async close(): Promise<void> {
    await this.flush()
  }

  #take(source: readonly StoredRecord[]): ChangeBatch {
    const batch = new ChangeBatch(source)
    this.counters.in += source.length
    for (const record of source) {
      const change = this.#read(record)
      if (typeof change === 'string') batch.letters.push(deadLetterRecord(record, this.name, change))
      else if (!this.#window.add(record.partition, change.traceId)) this.counters.duplicates++
      else batch.changes.push({ change, dueUs: record.dueUs })
    }
    return batch
  }

  /** The change, or why there is none. */
  #read(record: StoredRecord): InventoryChange | string {
    try {
      const change = this.#decode(record.value)
      return faultOf(change) ?? change
    } catch (error) {
      if (error instanceof RepError) return error.message
      throw error
    }
  }

  async #announce(batch: ChangeBatch, products: ProductStates): Promise<void> {
    for (; batch.next < batch.changes.length; batch.next++) {
      const { change, dueUs } = batch.changes[batch.next]!
      const product = products.get(change.productId)
      const { price, stock } = product?.attributes ?? {}
      const news = decide(change, { price: price ?? null, stock: stock ?? null }, this.#settings.inventory)
      if (news !== null) {
        this.counters.produced += await this.#announcer.announce({ change, news, product, dueUs })
      }
      products.apply(change)
    }
  }
}
