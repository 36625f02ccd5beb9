import type { Product } from '../domain/events.ts'
import { CAMPAIGN_SOURCES } from './session-context.ts'

/** Pages that every shop has; then where campaigns come from, the categories, and the products. */
const PAGES = ['/', '/search', '/cart', '/checkout', '/compare'] as const
export const PAGE = { home: 0, search: 1, cart: 2, checkout: 3, compare: 4 } as const

export const POSITIONS = 20
export const QUANTITIES = 3

/** Numbers of the property maps: none, a place in a list (from 1), a quantity (from 1). */
export const NO_PROPERTIES = 0
export const positionProperties = (position: number) => position
export const quantityProperties = (quantity: number) => POSITIONS + quantity

/** The pages of a shop by their numbers. */
export class ShopPages {
  readonly urls: readonly string[]
  readonly #categories: number

  constructor(products: readonly Product[], categories: readonly string[]) {
    this.#categories = categories.length
    this.urls = [
      ...PAGES,
      ...CAMPAIGN_SOURCES.map((source) => `https://${source}.example/`),
      ...categories.map((category) => `/c/${encodeURIComponent(category.toWellFormed())}`),
      ...products.map(({ id }) => `/p/${encodeURIComponent(id.toWellFormed())}`),
    ]
  }

  /** The page that a campaign (from 1) leads from. */
  source(campaign: number): number {
    return PAGES.length + campaign - 1
  }

  category(category: number): number {
    return PAGES.length + CAMPAIGN_SOURCES.length + category
  }

  product(product: number): number {
    return PAGES.length + CAMPAIGN_SOURCES.length + this.#categories + product
  }
}

/** The property maps by their numbers. */
export function propertyMaps(): Readonly<Record<string, string>>[] {
  const numbers = (most: number) => Array.from({ length: most }, (_, i) => String(i + 1))
  return [
    {},
    ...numbers(POSITIONS).map((position) => ({ position })),
    ...numbers(QUANTITIES).map((quantity) => ({ quantity })),
  ]
}
