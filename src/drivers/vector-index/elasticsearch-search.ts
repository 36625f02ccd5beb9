import type { VectorHit, VectorQuery } from '../../ports/vector-index.ts'
import type { ElasticsearchClient } from '../elasticsearch-client.ts'
import { type StoredVectorIndex, VECTOR_FIELD } from './elasticsearch-mapping.ts'
import {
  type Clause,
  encodeVector,
  filterClauses,
  type ScoredSource,
  toHit,
} from './elasticsearch-vectors.ts'

/** The most candidates that Elasticsearch lets a search keep; also the most hits. */
const MAX_CANDIDATES = 10_000
const MIN_CANDIDATES = 100
/**
 * Candidates that are compared again by their whole vectors, as a multiple of k: the fewer bits the graph
 * keeps of a vector, the more. 0: the graph compares whole vectors.
 */
const OVERSAMPLE = { flat: 0, hnsw: 0, int8_hnsw: 2, bbq_hnsw: 10 } as const
/** Times this k, every candidate of a slice is compared again: Elasticsearch oversamples at most tenfold. */
const EXACT_K = 1000
const EXACT_OVERSAMPLE = MAX_CANDIDATES / EXACT_K

export interface SearchOptions {
  readonly query: VectorQuery
  readonly kind: StoredVectorIndex['kind']
}

/** Walks the graph, or compares with every vector where the index has none. */
export function nearestHits(
  client: ElasticsearchClient,
  index: string,
  { query, kind }: SearchOptions,
): Promise<VectorHit[]> {
  const { k, candidates = MIN_CANDIDATES, filter } = query
  const oversample = OVERSAMPLE[kind]
  return ask(client, index, {
    query,
    k,
    candidates: Math.max(candidates, k * Math.max(oversample, 2)),
    oversample,
    clauses: filterClauses(filter),
  })
}

/**
 * Compares with every vector. A graph is not walked where the filter leaves no more documents than there are
 * candidates, so the index is asked slice by slice of its sequence numbers, which takes no script; what was
 * compared by fewer bits is compared again by whole vectors.
 */
export async function exactHits(
  client: ElasticsearchClient,
  index: string,
  { query, kind }: SearchOptions,
): Promise<VectorHit[]> {
  if (kind === 'flat') return nearestHits(client, index, { query, kind })
  const clauses = filterClauses(query.filter)
  const oversample = OVERSAMPLE[kind] === 0 ? 0 : EXACT_OVERSAMPLE
  const best: VectorHit[] = []
  for (const slice of await slices(client, index, clauses)) {
    const options = { query, k: Math.max(query.k, EXACT_K), candidates: MAX_CANDIDATES, oversample }
    best.push(...(await ask(client, index, { ...options, clauses: [...clauses, slice] })))
  }
  return best.toSorted((a, b) => b.score - a.score).slice(0, query.k)
}

interface AskOptions {
  readonly query: VectorQuery
  readonly k: number
  readonly candidates: number
  readonly oversample: number
  readonly clauses: readonly Clause[]
}

async function ask(client: ElasticsearchClient, index: string, options: AskOptions): Promise<VectorHit[]> {
  const { query, k, candidates, oversample, clauses } = options
  const { hits } = await client.request<{ hits?: { hits?: ScoredSource[] } }>({
    method: 'POST',
    path: `/${client.prefix}${index}/_search`,
    query: {
      allow_partial_search_results: 'false',
      filter_path: 'hits.hits._id,hits.hits._score,hits.hits._source',
    },
    body: {
      knn: {
        field: VECTOR_FIELD,
        query_vector: encodeVector(query.vector),
        k: Math.min(k, MAX_CANDIDATES),
        num_candidates: Math.min(candidates, MAX_CANDIDATES),
        ...(clauses.length === 0 ? {} : { filter: clauses }),
        ...(oversample === 0 ? {} : { rescore_vector: { oversample } }),
      },
      _source: { excludes: [VECTOR_FIELD] },
      size: Math.min(query.k, MAX_CANDIDATES),
    },
  })
  return (hits?.hits ?? []).map(toHit)
}

/** Ranges of sequence numbers, each of which holds at most as many documents as a search keeps candidates. */
async function slices(
  client: ElasticsearchClient,
  index: string,
  clauses: readonly Clause[],
): Promise<Clause[]> {
  const { aggregations } = await client.request<{
    aggregations: Record<'first' | 'last', { value: number | null }>
  }>({
    method: 'POST',
    path: `/${client.prefix}${index}/_search`,
    query: { allow_partial_search_results: 'false' },
    body: {
      size: 0,
      query: { bool: { filter: [...clauses, { exists: { field: VECTOR_FIELD } }] } },
      aggs: { first: { min: { field: '_seq_no' } }, last: { max: { field: '_seq_no' } } },
    },
  })
  const { first, last } = aggregations
  const ranges: Clause[] = []
  if (first.value === null || last.value === null) return ranges
  for (let start = first.value; start <= last.value; start += MAX_CANDIDATES)
    ranges.push({ range: { _seq_no: { gte: start, lt: start + MAX_CANDIDATES } } })
  return ranges
}
