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
/** Candidates of a quantised graph that are compared again by their whole vectors, as a multiple of k. */
const OVERSAMPLE = 2
const EXACT_OVERSAMPLE = 10

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
  const candidates = Math.max(query.candidates ?? MIN_CANDIDATES, query.k * OVERSAMPLE)
  return ask(client, index, {
    query,
    kind,
    candidates,
    oversample: OVERSAMPLE,
    clauses: filterClauses(query.filter),
  })
}

/**
 * Compares with every vector. A graph is not walked where the filter leaves no more documents than there are
 * candidates, so the index is asked slice by slice of its sequence numbers, which takes no script.
 */
export async function exactHits(
  client: ElasticsearchClient,
  index: string,
  { query, kind }: SearchOptions,
): Promise<VectorHit[]> {
  if (kind === 'flat') return nearestHits(client, index, { query, kind })
  const clauses = filterClauses(query.filter)
  const best: VectorHit[] = []
  for (const slice of await slices(client, index, clauses)) {
    const options = { query, kind, candidates: MAX_CANDIDATES, oversample: EXACT_OVERSAMPLE }
    best.push(...(await ask(client, index, { ...options, clauses: [...clauses, slice] })))
  }
  return best.toSorted((a, b) => b.score - a.score).slice(0, query.k)
}

interface AskOptions extends SearchOptions {
  readonly candidates: number
  readonly oversample: number
  readonly clauses: readonly Clause[]
}

async function ask(client: ElasticsearchClient, index: string, options: AskOptions): Promise<VectorHit[]> {
  const { query, kind, clauses } = options
  const k = Math.min(query.k, MAX_CANDIDATES)
  const quantised = kind === 'int8_hnsw' || kind === 'bbq_hnsw'
  const { hits } = await client.request<{ hits?: { hits?: ScoredSource[] } }>({
    method: 'POST',
    path: `/${client.prefix}${index}/_search`,
    query: { filter_path: 'hits.hits._id,hits.hits._score,hits.hits._source' },
    body: {
      knn: {
        field: VECTOR_FIELD,
        query_vector: encodeVector(query.vector),
        k,
        num_candidates: Math.min(MAX_CANDIDATES, options.candidates),
        ...(clauses.length === 0 ? {} : { filter: clauses }),
        ...(quantised ? { rescore_vector: { oversample: options.oversample } } : {}),
      },
      _source: { excludes: [VECTOR_FIELD] },
      size: k,
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
