import type { VectorFilter } from '../../ports/vector-index.ts'
import type { DenseVectors } from './dense-vectors.ts'

/** A filter made ready for one search over rows. */
export class RowFilter {
  readonly #vectors: DenseVectors
  readonly #filter: VectorFilter
  readonly #category: number

  constructor(vectors: DenseVectors, filter: VectorFilter) {
    this.#vectors = vectors
    this.#filter = filter
    this.#category = filter.category === undefined ? -1 : vectors.categoryNumber(filter.category)
  }

  /** A row without a price matches no price range; one without a stock is not in stock. */
  matches(row: number): boolean {
    const { minPrice, maxPrice, inStock, excludeIds } = this.#filter
    const vectors = this.#vectors
    if (this.#category !== -1 && vectors.categories[row] !== this.#category) return false
    if (minPrice !== undefined && !(vectors.prices[row]! >= minPrice)) return false
    if (maxPrice !== undefined && !(vectors.prices[row]! <= maxPrice)) return false
    if (inStock === true && !(vectors.stocks[row]! > 0)) return false
    if (inStock === false && vectors.stocks[row]! > 0) return false
    return excludeIds === undefined || excludeIds.size === 0 || !excludeIds.has(vectors.ids[row]!)
  }

  /** Every row that matches. */
  rows(): Uint32Array {
    const { category } = this.#filter
    const among = category === undefined ? null : this.#vectors.categoryRows(category)
    const rows = new Uint32Array(among?.length ?? this.#vectors.count)
    let count = 0
    for (let i = 0; i < rows.length; i++) {
      const row = among === null ? i : among[i]!
      if (this.matches(row)) rows[count++] = row
    }
    return rows.subarray(0, count)
  }
}

/** True when a filter leaves everything. */
export function isOpen(filter: VectorFilter | undefined): boolean {
  if (filter === undefined) return true
  const { category, minPrice, maxPrice, inStock, excludeIds } = filter
  return (
    category === undefined &&
    minPrice === undefined &&
    maxPrice === undefined &&
    inStock === undefined &&
    (excludeIds === undefined || excludeIds.size === 0)
  )
}
