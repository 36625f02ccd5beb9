import type { Product } from '../domain/events.ts'
import { avroDouble, avroString, avroStringMap, Fragments, nothing, some } from './avro-bytes.ts'
import { CAMPAIGN_SOURCES } from './session-context.ts'

/** Pages that every shop has; then where campaigns come from, the categories, and the products. */
const PAGES = ['/', '/search', '/cart', '/checkout', '/compare'] as const
export const PAGE = { home: 0, search: 1, cart: 2, checkout: 3, compare: 4 } as const

export const QUERIES_PER_PRODUCT = 3
export const POSITIONS = 20
export const QUANTITIES = 3

/** Numbers of the property maps: none, a place in a list (from 1), a quantity (from 1). */
export const NO_PROPERTIES = 0
export const positionProperties = (position: number) => position
export const quantityProperties = (quantity: number) => POSITIONS + quantity

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
  readonly #categories: number

  constructor(products: readonly Product[], categories: readonly string[]) {
    this.#categories = categories.length
    this.ids = new Fragments([...products.map(({ id }) => some(avroString(id))), nothing()])
    this.offers = new Fragments([
      ...products.map(({ category, price }) => [...some(avroString(category)), ...some(avroDouble(price))]),
      [...nothing(), ...nothing()],
    ])
    this.queries = new Fragments([...products.flatMap(queriesFor).map((q) => some(avroString(q))), nothing()])
    this.pages = new Fragments(
      [
        ...PAGES,
        ...CAMPAIGN_SOURCES.map((source) => `https://${source}.example/`),
        ...categories.map((category) => `/c/${encodeURIComponent(category.toWellFormed())}`),
        ...products.map(({ id }) => `/p/${encodeURIComponent(id.toWellFormed())}`),
      ].map(avroString),
    )
    const numbers = (most: number) => Array.from({ length: most }, (_, i) => String(i + 1))
    this.properties = new Fragments([
      avroStringMap({}),
      ...numbers(POSITIONS).map((position) => avroStringMap({ position })),
      ...numbers(QUANTITIES).map((quantity) => avroStringMap({ quantity })),
    ])
  }

  /** The page that a campaign (from 1) leads from. */
  sourcePage(campaign: number): number {
    return PAGES.length + campaign - 1
  }

  categoryPage(category: number): number {
    return PAGES.length + CAMPAIGN_SOURCES.length + category
  }

  productPage(product: number): number {
    return PAGES.length + CAMPAIGN_SOURCES.length + this.#categories + product
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
