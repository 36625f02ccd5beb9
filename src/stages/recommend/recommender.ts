import type { PipelineSettings } from '../../config/scenario.ts'
import { diversify } from '../../domain/diversity.ts'
import { PRODUCT_INDEX } from '../../domain/indexes.ts'
import { NO_TRACE_ID } from '../../domain/trace-id.ts'
import { axpby, isZero, normalise } from '../../domain/vector.ts'
import type { Stack } from '../../ports/stack.ts'
import type { VectorFilter, VectorHit } from '../../ports/vector-index.ts'
import { type KnownPreference, readPreference } from './known-preference.ts'
import { PopularProducts } from './popular-products.ts'
import { readRecent } from './recent-products.ts'
import {
  type Recommendation,
  type RecommendationPath,
  type RecommendationQuery,
  type RecommendedItem,
  type SimilarProducts,
  toItem,
} from './recommendation.ts'

export interface Recommender {
  /** Products for a user. Unknown users get what is popular. */
  recommend(userId: string, query: RecommendationQuery): Promise<Recommendation>
  /**
   * The same, or null where the user's last action is still `lastTraceId` (`NO_TRACE_ID`: nothing is known yet):
   * one read instead of a search.
   */
  recommendSince(
    userId: string,
    query: RecommendationQuery,
    lastTraceId: string,
  ): Promise<Recommendation | null>
  /** Products nearest to a product, without itself; null for an unknown product. */
  similar(productId: string, query: RecommendationQuery): Promise<SimilarProducts | null>
}

const NONE: ReadonlySet<string> = new Set()
/** With diversity, this many times the asked number is ranked again. */
const OVER_FETCH = 4

/** The recommendation service over a stack's preference records and product index. */
export function createRecommender(
  stack: Pick<Stack, 'keyValue' | 'vectors' | 'embedder'>,
  settings: Pick<PipelineSettings['recommend'], 'candidates' | 'diversity' | 'popularRefreshMs'>,
): Recommender {
  const popular = new PopularProducts(stack, settings.popularRefreshMs)
  const { dims } = stack.embedder.capabilities
  // Any fixed direction gives the same selection of the catalogue each time.
  const anyDirection = normalise(new Float32Array(dims).fill(1))

  async function nearest(vector: Float32Array, query: RecommendationQuery, excludeIds: ReadonlySet<string>) {
    const rerank = settings.diversity > 0
    const k = rerank ? Math.max(query.limit * OVER_FETCH, settings.candidates) : query.limit
    const hits = await stack.vectors.search(PRODUCT_INDEX, {
      vector,
      k,
      filter: filterOf(query, excludeIds),
      candidates: Math.max(settings.candidates, k),
    })
    const chosen = rerank ? await spread(hits, query.limit) : hits
    return chosen.map(({ id, score, attributes }) => toItem(id, score, attributes))
  }

  async function spread(hits: readonly VectorHit[], limit: number): Promise<readonly VectorHit[]> {
    const items = await stack.vectors.getMany(
      PRODUCT_INDEX,
      hits.map(({ id }) => id),
    )
    const candidates = hits.map(({ score }, i) => ({
      score,
      // A product that vanished since the search resembles nothing.
      vector: normalise(items[i]?.vector.slice() ?? new Float32Array(dims)),
    }))
    return diversify(candidates, limit, settings.diversity).map((position) => hits[position]!)
  }

  async function coldStart(
    query: RecommendationQuery,
    excludeIds: ReadonlySet<string>,
  ): Promise<{ path: RecommendationPath; items: readonly RecommendedItem[] }> {
    if (query.category !== undefined) {
      const items = await popular.best(query.category, query, excludeIds)
      if (items.length > 0) return { path: 'popular-in-category', items }
    }
    const items = await popular.best(undefined, query, excludeIds)
    if (items.length > 0) return { path: 'popular', items }
    return { path: 'catalogue', items: await nearest(anyDirection, query, excludeIds) }
  }

  async function choose(userId: string, known: KnownPreference | null, query: RecommendationQuery) {
    const excludeIds = known === null ? NONE : new Set(known.recentPurchases)
    const { strategy = 'preference' } = query
    const recent = strategy === 'preference' ? null : await readRecent(stack, userId, dims)
    if (recent !== null) {
      const taste = strategy === 'blend' && known !== null && !isZero(known.vector) ? known.vector : null
      if (taste !== null) axpby(0.5, normalise(taste.slice()), 0.5, recent)
      const path: RecommendationPath = taste === null ? 'recent' : 'blend'
      // Opposite tastes of equal strength leave nothing to go by.
      if (!isZero(recent)) return { path, items: await nearest(recent, query, excludeIds) }
    }
    if (known === null || isZero(known.vector)) return coldStart(query, excludeIds)
    return { path: known.source, items: await nearest(known.vector, query, excludeIds) }
  }

  async function answer(userId: string, known: KnownPreference | null, query: RecommendationQuery) {
    const { path, items } = await choose(userId, known, query)
    return { userId, items, path, basis: known?.basis ?? null, generatedAt: Date.now() }
  }

  return {
    async recommend(userId, query) {
      return answer(userId, await readPreference(stack, userId), query)
    },
    async recommendSince(userId, query, lastTraceId) {
      const known = await readPreference(stack, userId)
      return (known?.basis.lastTraceId ?? NO_TRACE_ID) === lastTraceId ? null : answer(userId, known, query)
    },
    async similar(productId, query) {
      const [product] = await stack.vectors.getMany(PRODUCT_INDEX, [productId])
      if (product === null || product === undefined) return null
      const items = await nearest(product.vector.slice(), query, new Set([productId]))
      return { productId, items, generatedAt: Date.now() }
    },
  }
}

function filterOf(query: RecommendationQuery, excludeIds: ReadonlySet<string>): VectorFilter {
  const { category, minPrice, maxPrice, inStock } = query
  return {
    ...(category !== undefined && { category }),
    ...(minPrice !== undefined && { minPrice }),
    ...(maxPrice !== undefined && { maxPrice }),
    ...(inStock === true && { inStock }),
    ...(excludeIds.size > 0 && { excludeIds }),
  }
}
