import type { CatalogueSettings } from '../config/scenario.ts'
import type { Product } from '../domain/events.ts'
import { AliasTable } from '../kernel/alias-table.ts'
import { hashNumber } from '../kernel/random.ts'
import { zipfWeights } from './zipf.ts'

const MOST_FAVOURITES = 3

/** Which products are picked: Zipf by rank, in the whole catalogue and within each category. */
export class ProductPicker {
  readonly categories: readonly string[]
  /** Category number of each product. */
  readonly categoryOf: Int32Array
  readonly #all: AliasTable
  readonly #popularity: AliasTable
  readonly #within: readonly AliasTable[]
  readonly #members: readonly Int32Array[]
  readonly #hotBelow: number

  /** `products` in the order of their popularity, at least one. */
  constructor(products: readonly Product[], settings: Pick<CatalogueSettings, 'zipf' | 'hotShare'>) {
    this.categories = [...new Set(products.map((product) => product.category))]
    const numbers = new Map(this.categories.map((category, i) => [category, i]))
    this.categoryOf = Int32Array.from(products, (product) => numbers.get(product.category)!)
    const weights = zipfWeights(products.length, settings.zipf)
    this.#all = new AliasTable(weights)
    this.#members = membersOf(this.categoryOf, this.categories.length)
    const inCategory = this.#members.map((members) => Float64Array.from(members, (i) => weights[i]!))
    this.#within = inCategory.map((own) => new AliasTable(own))
    this.#popularity = new AliasTable(Float64Array.from(inCategory, (own) => own.reduce((a, b) => a + b, 0)))
    this.#hotBelow = settings.hotShare * 2 ** 32
  }

  /** True when an unsigned 32-bit random number falls into the hot product's share. */
  isHot(toss: number): boolean {
    return toss < this.#hotBelow
  }

  /** Any product, from two unsigned 32-bit random numbers. */
  any(column: number, toss: number): number {
    return this.#all.at(column, toss)
  }

  /** A product of one category. */
  within(category: number, column: number, toss: number): number {
    return this.#members[category]![this.#within[category]!.at(column, toss)]!
  }

  /** A user's favourite category of one visit: the first of their one to three in most of them. */
  favourite(userKey: number, toss: number): number {
    const count = 1 + (hashNumber(userKey, 1) % MOST_FAVOURITES)
    const share = toss / 2 ** 32
    const which = count === 1 || share < 0.6 ? 0 : count === 2 || share < 0.85 ? 1 : 2
    return this.#favouriteAt(userKey, which)
  }

  /** All favourite categories of a user, the first first. */
  favourites(userKey: number): number[] {
    const count = 1 + (hashNumber(userKey, 1) % MOST_FAVOURITES)
    return [...new Set(Array.from({ length: count }, (_, which) => this.#favouriteAt(userKey, which)))]
  }

  /** Favourites are drawn as the categories are popular, so that affinity keeps the products' Zipf law. */
  #favouriteAt(userKey: number, which: number): number {
    return this.#popularity.at(hashNumber(userKey, 10 + which), hashNumber(userKey, 20 + which))
  }
}

function membersOf(categoryOf: Int32Array, categories: number): Int32Array[] {
  const lists: number[][] = Array.from({ length: categories }, () => [])
  categoryOf.forEach((category, product) => {
    lists[category]!.push(product)
  })
  return lists.map((list) => Int32Array.from(list))
}
