import type { Product } from '../../domain/events.ts'
import type { ReplayRow } from './replay-row.ts'

/** Files do not say how many there are. */
export const REPLAY_STOCK = 100
const NO_CATEGORY = 'uncategorised'

interface Known {
  name: string | null
  category: string | null
  brand: string | null
  description: string | null
  price: number | null
  rows: number
}

/**
 * The products that rows mention: name, category, brand and description of the first row that has one, price
 * of the last.
 */
export class ReplayCatalogue {
  readonly #products = new Map<string, Known>()

  /** Products without a name of their own in the file. */
  get unnamed(): number {
    let count = 0
    for (const { name } of this.#products.values()) if (name === null) count++
    return count
  }

  add({ action, product }: ReplayRow): void {
    const { productId, category, price } = action
    if (productId === null || productId === undefined) return
    let known = this.#products.get(productId)
    if (known === undefined) {
      known = { name: null, category: null, brand: null, description: null, price: null, rows: 0 }
      this.#products.set(productId, known)
    }
    known.rows++
    known.name ??= product.name ?? null
    known.category ??= category ?? null
    known.brand ??= product.brand ?? null
    known.description ??= product.description ?? null
    known.price = price ?? known.price
  }

  /** Most mentioned first. */
  products(): Product[] {
    const all = [...this.#products].sort(([, a], [, b]) => b.rows - a.rows)
    return all.map(([id, known]) => ({
      id,
      name: known.name ?? nameOf(id, known),
      category: known.category ?? NO_CATEGORY,
      description: known.description ?? describe(known),
      price: known.price ?? 0,
      stock: REPLAY_STOCK,
    }))
  }
}

/** `aqua water heater 3900821`: brand, the last part of the category, id. */
function nameOf(id: string, { brand, category }: Known): string {
  const kind = category === null ? null : wordsOf(category.split(LEVELS).at(-1)!)
  return [brand, kind ?? 'product', id].filter((part) => part !== null).join(' ')
}

function describe({ category, brand }: Known): string {
  const kind = category === null ? 'product' : category.split(LEVELS).map(wordsOf).join(', ')
  return brand === null ? kind : `${kind} by ${brand}`
}

const LEVELS = /[./>|]+/

function wordsOf(text: string): string {
  return text.replace(/[_\s-]+/g, ' ').trim()
}
