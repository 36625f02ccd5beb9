import type { InventoryLoad } from '../config/scenario.ts'
import type { InventoryChange, Product } from '../domain/events.ts'
import type { Random } from '../kernel/random.ts'

/** Drops come from products that still cost this part of their first price, so that prices do not vanish. */
const WORTH_DROPPING = 0.6
const TRIES = 16

export type ProductChange = Omit<InventoryChange, 'traceId' | 'timestamp'>

export interface InventoryModelOptions {
  readonly load: Pick<InventoryLoad, 'priceShare' | 'dropShare'>
  /** Percent from which a cheaper price is worth a notification. */
  readonly priceDropPercent: number
  /** Number of the product whose stock is left to the stock-out cycle; -1 for none. */
  readonly reserved: number
}

/** Prices and stocks as the changes sent so far have made them: each change starts from the one before. */
export class InventoryModel {
  readonly #products: readonly Product[]
  readonly #options: InventoryModelOptions
  readonly #random: Random
  /** Whole cents. */
  readonly #cents: Float64Array
  readonly #stocks: Int32Array

  constructor(products: readonly Product[], options: InventoryModelOptions, random: Random) {
    this.#products = products
    this.#options = options
    this.#random = random
    this.#cents = Float64Array.from(products, ({ price }) => Math.round(price * 100))
    this.#stocks = Int32Array.from(products, ({ stock }) => stock)
  }

  /** The next change of some product; `pick` gives the number of a product, by popularity. */
  change(pick: () => number): ProductChange {
    const { load, reserved } = this.#options
    const isPrice = this.#random.unit() < load.priceShare
    const isDrop = isPrice && this.#random.unit() < load.dropShare
    let product = pick()
    for (let i = 0; i < TRIES && !this.#suits(product, { isPrice, isDrop }); i++) product = pick()
    // A catalogue without prices, or one product that the cycle holds: change what it has.
    const priced = this.#cents[product]! > 0
    if ((isPrice && priced) || (product === reserved && priced)) return this.#price(product, isDrop)
    return this.#stock(product, this.#nextStock(this.#stocks[product]!))
  }

  /** Sells the product out. */
  sellOut(product: number): ProductChange {
    return this.#stock(product, 0)
  }

  /** Brings the product back. */
  restock(product: number): ProductChange {
    return this.#stock(product, 50 + this.#random.below(450))
  }

  #suits(product: number, { isPrice, isDrop }: { isPrice: boolean; isDrop: boolean }): boolean {
    if (!isPrice) return product !== this.#options.reserved
    const first = this.#products[product]!.price * 100
    return first > 0 && (!isDrop || this.#cents[product]! >= first * WORTH_DROPPING)
  }

  #price(product: number, isDrop: boolean): ProductChange {
    const { id, price: first } = this.#products[product]!
    const before = this.#cents[product]!
    const cents = isDrop ? this.#dropped(before) : this.#moved(before, first * 100)
    this.#cents[product] = cents
    return { productId: id, kind: 'PRICE', previousPrice: before / 100, price: cents / 100 }
  }

  /** Cheaper by more than the threshold: by up to 25 percent of what would be left. */
  #dropped(cents: number): number {
    const atMost = cents * (1 - this.#options.priceDropPercent / 100)
    return Math.max(0, Math.ceil(atMost * (1 - 0.25 * this.#random.unit())) - 1)
  }

  /** Back near the first price after a drop, otherwise a little dearer or cheaper. */
  #moved(cents: number, first: number): number {
    if (cents < first * (1 - this.#options.priceDropPercent / 200)) {
      return Math.max(cents + 1, Math.round(first * (0.97 + 0.06 * this.#random.unit())))
    }
    const part = Math.min(0.03, this.#options.priceDropPercent / 200)
    const moved = Math.max(1, Math.round(cents * (1 + part * (2 * this.#random.unit() - 1))))
    // Prices wander no further than half as much again.
    return Math.min(moved, Math.round(first * 1.5))
  }

  #stock(product: number, stock: number): ProductChange {
    const previousStock = this.#stocks[product]!
    this.#stocks[product] = stock
    return { productId: this.#products[product]!.id, kind: 'STOCK', previousStock, stock }
  }

  /** Sold a few; a delivery where little is left. */
  #nextStock(stock: number): number {
    if (stock <= 3 || this.#random.unit() < 0.1) return stock + 20 + this.#random.below(180)
    return Math.max(0, stock - 1 - this.#random.below(Math.max(3, stock >> 2)))
  }
}
