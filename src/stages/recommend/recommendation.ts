import type { VectorAttributes } from '../../ports/vector-index.ts'

/** What a caller may ask for beside the user. */
export interface RecommendationQuery {
  /** Most items, at least 1. */
  readonly limit: number
  readonly category?: string
  readonly minPrice?: number
  readonly maxPrice?: number
  readonly inStock?: boolean
  /** What of the user the products are to be near to. Default `preference`. */
  readonly strategy?: RecommendationStrategy
}

/** The stored preference, the products acted on last, or half of each. */
export const RECOMMENDATION_STRATEGIES = ['preference', 'recent', 'blend'] as const
export type RecommendationStrategy = (typeof RECOMMENDATION_STRATEGIES)[number]

export interface RecommendedItem {
  readonly productId: string
  /** Cosine similarity (-1 to 1) on the preference paths and for similar products; popularity score otherwise. */
  readonly score: number
  readonly name?: string
  readonly category?: string
  readonly price?: number
  readonly stock?: number
}

/**
 * How the items were found: nearest to the stored preference, or to its backup; nearest to the products acted on
 * last, or to those and the preference; the most popular of the
 * asked category, or of all; or, while nothing is popular yet, a fixed selection of the catalogue.
 */
export const RECOMMENDATION_PATHS = [
  'preference',
  'preference-backup',
  'recent',
  'blend',
  'popular-in-category',
  'popular',
  'catalogue',
] as const
export type RecommendationPath = (typeof RECOMMENDATION_PATHS)[number]

/** The preference that an answer was computed from. */
export interface RecommendationBasis {
  readonly actionCount: number
  readonly lastTraceId: string
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
}

export interface Recommendation {
  readonly userId: string
  readonly items: readonly RecommendedItem[]
  readonly path: RecommendationPath
  /** Null where nothing is known of the user. */
  readonly basis: RecommendationBasis | null
  /** Milliseconds since the epoch. */
  readonly generatedAt: number
}

export interface SimilarProducts {
  readonly productId: string
  readonly items: readonly RecommendedItem[]
  readonly generatedAt: number
}

/** One product of an answer; the attributes that the catalogue lacks are left out. */
export function toItem(productId: string, score: number, attributes: VectorAttributes): RecommendedItem {
  const { name, category, price, stock } = attributes
  return {
    productId,
    score,
    ...(typeof name === 'string' && { name }),
    ...(category !== undefined && { category }),
    ...(price !== undefined && { price }),
    ...(stock !== undefined && { stock }),
  }
}
