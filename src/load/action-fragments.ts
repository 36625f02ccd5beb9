import type { Product } from '../domain/events.ts'
import { avroDouble, avroString, avroStringMap, Fragments, nothing, some } from './avro-bytes.ts'
import { propertyMaps, type ShopPages } from './shop-pages.ts'

export const QUERIES_PER_PRODUCT = 3

/** The parts of user actions that a catalogue gives, encoded once. */
export class ActionFragments {
  /** Product ids, as unions; the last is null. */
  readonly ids: Fragments
  /** Category and price of a product; the last are nulls. */
  readonly offers: Fragments
  /** Search texts, `QUERIES_PER_PRODUCT` a product; the last is null. */
  readonly queries: Fragments
  readonly pages: Fragments
  readonly properties: Fragments

  constructor(products: readonly Product[], pages: ShopPages) {
    this.ids = new Fragments([...products.map(({ id }) => some(avroString(id))), nothing()])
    this.offers = new Fragments([
      ...products.map(({ category, price }) => [...some(avroString(category)), ...some(avroDouble(price))]),
      [...nothing(), ...nothing()],
    ])
    this.queries = new Fragments([...products.flatMap(queriesFor).map((q) => some(avroString(q))), nothing()])
    this.pages = new Fragments(pages.urls.map(avroString))
    this.properties = new Fragments(propertyMaps().map(avroStringMap))
  }
}

/** What people type when they look for a product: its kind, its last words, its maker and kind. */
export function queriesFor({ name, category }: Product): string[] {
  const words = name.toLowerCase().match(/[\p{L}\p{N}-]{3,}/gu) ?? []
  const kind =
    category
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? ''
  const fallback = kind || words.join(' ') || 'gift'
  return [
    fallback,
    words.slice(-3, -1).join(' ') || fallback,
    [words[0], words.at(-2)].filter(Boolean).join(' ') || fallback,
  ]
}
