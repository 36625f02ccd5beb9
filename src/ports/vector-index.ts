/** What a search can filter by and returns beside the id. */
export interface VectorAttributes {
  readonly category?: string
  readonly price?: number
  readonly stock?: number
  readonly [name: string]: string | number | undefined
}

export interface VectorItem {
  readonly id: string
  /** `dims` values. Need not be normalised: similarity is the cosine. */
  readonly vector: Float32Array
  readonly attributes: VectorAttributes
}

/** `flat` compares with every vector (exact); `hnsw` walks a graph (approximate). */
export type VectorIndexKind = 'hnsw' | 'flat'

export interface VectorIndexSpec {
  readonly index: string
  readonly dims: number
  readonly kind: VectorIndexKind
}

export interface VectorFilter {
  readonly category?: string
  readonly minPrice?: number
  readonly maxPrice?: number
  readonly inStock?: boolean
  readonly excludeIds?: ReadonlySet<string>
}

export interface VectorQuery {
  readonly vector: Float32Array
  readonly k: number
  readonly filter?: VectorFilter
  /** How many candidates the walk keeps; larger is more exact and slower. */
  readonly candidates?: number
}

export interface VectorHit {
  readonly id: string
  /** Cosine similarity, -1 to 1, best first. */
  readonly score: number
  readonly attributes: VectorAttributes
}

/** Nearest neighbours by cosine. Searches see upserts after the next `refresh` at the latest. */
export interface VectorIndex {
  readonly capabilities: { readonly driver: string; readonly approximate: boolean }
  /** Rejects with REP_VECTOR_DIMS when an index exists with other dimensions; the message has both. */
  ensureIndexes(specs: readonly VectorIndexSpec[]): Promise<void>
  upsertMany(index: string, items: readonly VectorItem[], signal?: AbortSignal): Promise<void>
  /** Changes attributes only; unknown ids are ignored. */
  updateAttributes(index: string, items: readonly Omit<VectorItem, 'vector'>[]): Promise<void>
  /** Items by position; null where absent. */
  getMany(index: string, ids: readonly string[]): Promise<readonly (VectorItem | null)[]>
  search(index: string, query: VectorQuery): Promise<readonly VectorHit[]>
  /** The same question answered by comparing with every vector: the reference for recall. */
  searchExact(index: string, query: VectorQuery): Promise<readonly VectorHit[]>
  /** Makes other threads' and processes' upserts visible to this one's searches. */
  refresh(index: string): Promise<void>
  count(index: string): Promise<number>
  close(): Promise<void>
}
