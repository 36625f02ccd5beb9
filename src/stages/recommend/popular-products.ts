import { PRODUCT_INDEX, popularKey } from '../../domain/indexes.ts'
import type { RankedMember } from '../../ports/key-value.ts'
import type { Stack } from '../../ports/stack.ts'
import type { VectorAttributes } from '../../ports/vector-index.ts'
import { type RecommendationQuery, type RecommendedItem, toItem } from './recommendation.ts'

/** Ranked products that are read: enough to fill the longest answer when most are filtered out. */
const RANKED = 500
/** Categories whose ranking is kept; the one read longest ago goes first. */
const MAX_RANKINGS = 1000

interface Ranking {
  readonly readAtMs: number
  readonly members: Promise<readonly RankedMember[]>
}

/**
 * The most popular products. Only the ranking is kept for a while (which products, in which order);
 * prices and stocks are always read, so that filters hold.
 */
export class PopularProducts {
  readonly #stack: Pick<Stack, 'keyValue' | 'vectors'>
  readonly #refreshMs: number
  readonly #rankings = new Map<string, Ranking>()

  constructor(stack: Pick<Stack, 'keyValue' | 'vectors'>, refreshMs: number) {
    this.#stack = stack
    this.#refreshMs = refreshMs
  }

  /** The best of a category, or of all where `category` is undefined, that pass the query's filters. */
  async best(
    category: string | undefined,
    query: RecommendationQuery,
    excludeIds: ReadonlySet<string>,
  ): Promise<RecommendedItem[]> {
    const ranked = await this.#ranking(popularKey(category))
    if (ranked.length === 0) return []
    const items: RecommendedItem[] = []
    // Mostly the first few pass: the rest is read only where the filters leave too few of them.
    for (let start = 0, size = query.limit * 2; start < ranked.length; size *= 4) {
      const slice = ranked.slice(start, start + size)
      start += size
      const products = await this.#stack.vectors.getMany(
        PRODUCT_INDEX,
        slice.map(({ member }) => member),
      )
      for (let i = 0; i < slice.length; i++) {
        const product = products[i]
        if (product === null || product === undefined || excludeIds.has(product.id)) continue
        if (!passes(product.attributes, query)) continue
        items.push(toItem(product.id, slice[i]!.score, product.attributes))
        if (items.length === query.limit) return items
      }
    }
    return items
  }

  #ranking(key: string): Promise<readonly RankedMember[]> {
    const nowMs = Date.now()
    const kept = this.#rankings.get(key)
    if (kept !== undefined && nowMs - kept.readAtMs < this.#refreshMs) return kept.members
    const ranking = { readAtMs: nowMs, members: this.#stack.keyValue.top(key, RANKED) }
    this.#rankings.delete(key)
    this.#rankings.set(key, ranking)
    if (this.#rankings.size > MAX_RANKINGS) this.#rankings.delete(this.#rankings.keys().next().value!)
    // A failed read must not be answered again and again from here; its caller hears of it.
    ranking.members.catch(() => {
      if (this.#rankings.get(key) === ranking) this.#rankings.delete(key)
    })
    return ranking.members
  }
}

function passes(attributes: VectorAttributes, query: RecommendationQuery): boolean {
  const { category, price = 0, stock = 0 } = attributes
  if (query.category !== undefined && category !== query.category) return false
  if (query.minPrice !== undefined && price < query.minPrice) return false
  if (query.maxPrice !== undefined && price > query.maxPrice) return false
  return query.inStock !== true || stock > 0
}
