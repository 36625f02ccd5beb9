import type { Scenario } from '../config/scenario.ts'
import { createCodec, type EventCodec } from '../domain/codec.ts'
import { PRODUCT_INVENTORY } from '../domain/topics.ts'
import { formatTraceId, runTag } from '../domain/trace-id.ts'
import { AliasTable } from '../kernel/alias-table.ts'
import { Random } from '../kernel/random.ts'
import type { ActionScenario, SourceOptions } from './action-source.ts'
import type { EventBatch } from './event-batch.ts'
import type { EventSource } from './event-source.ts'
import { InventoryModel, type ProductChange } from './inventory-model.ts'
import { phasesMs } from './rate-curve.ts'
import { createSchedule, type Schedule } from './schedule.ts'
import { StockOutCycle } from './stock-out-cycle.ts'
import { zipfWeights } from './zipf.ts'

export type InventoryScenario = ActionScenario & {
  readonly load: Pick<Scenario['load'], 'actions' | 'inventory'>
  readonly pipeline: { readonly inventory: Pick<Scenario['pipeline']['inventory'], 'priceDropPercent'> }
}

/**
 * Inventory changes of a scenario: a Poisson process as long as the actions last, warm-up included, and
 * the stock-out cycle from the start of the measured part: sold out, back half a cycle later, and so on.
 * Sequence numbers follow the order of due times over both.
 */
export class InventorySource implements EventSource {
  readonly stream = 'inventory'
  readonly topic = PRODUCT_INVENTORY
  readonly #codec: EventCodec
  readonly #tag: number
  readonly #startsAtMs: number
  readonly #schedule: Schedule
  readonly #model: InventoryModel
  readonly #popularity: AliasTable
  readonly #random: Random
  readonly #cycle: StockOutCycle | null
  #randomDueUs: number
  #sequence = 0

  constructor(scenario: InventoryScenario, { products, schemaIds }: SourceOptions) {
    const { seed, warmupMs, startsAtMs, catalogue, load, pipeline } = scenario
    this.#codec = createCodec(schemaIds)
    this.#tag = runTag(seed, 'inventory')
    this.#startsAtMs = startsAtMs
    this.#random = new Random(seed, 'inventory')
    this.#popularity = new AliasTable(zipfWeights(products.length, catalogue.zipf))
    const durationMs = phasesMs(load.actions.phases)
    const phases = [{ shape: 'constant', durationMs, rate: 1 }] as const
    const steady = { tps: load.inventory.tps, arrival: { process: 'poisson' }, phases } as const
    this.#schedule = createSchedule(steady, { seed, warmupMs, stream: 'inventory' })
    const { stockOut } = load.inventory
    this.#cycle = stockOut === null ? null : new StockOutCycle(stockOut, this.#schedule, products.length)
    const reserved = this.#cycle?.product ?? -1
    const { priceDropPercent } = pipeline.inventory
    this.#model = new InventoryModel(
      products,
      { load: load.inventory, priceDropPercent, reserved },
      this.#random,
    )
    this.#randomDueUs = this.#schedule.next()
  }

  peekDueUs(): number {
    return Math.min(this.#randomDueUs, this.#cycle?.dueUs ?? Infinity)
  }

  fill(batch: EventBatch, untilUs: number): number {
    const before = batch.count
    for (let dueUs = this.peekDueUs(); dueUs <= untilUs && !batch.full; dueUs = this.peekDueUs()) {
      if (dueUs === Infinity) break
      this.#take(batch, dueUs)
    }
    return batch.count - before
  }

  #take(batch: EventBatch, dueUs: number): void {
    const sequence = this.#sequence++
    const change = this.#change(dueUs)
    const timestamp = this.#startsAtMs + Math.floor(dueUs / 1e3)
    const traceId = formatTraceId(timestamp, this.#tag, sequence)
    const value = this.#codec.encodeInventoryChange({ ...change, traceId, timestamp })
    batch.add(new TextEncoder().encode(change.productId), value, dueUs, sequence)
  }

  #change(dueUs: number): ProductChange {
    const cycle = this.#cycle
    if (cycle !== null && cycle.dueUs === dueUs) {
      const soldOut = cycle.turn()
      return soldOut ? this.#model.sellOut(cycle.product) : this.#model.restock(cycle.product)
    }
    this.#randomDueUs = this.#schedule.next()
    return this.#model.change(() => this.#popularity.at(this.#random.u32(), this.#random.u32()))
  }
}
