import { type Matches, MetricKind, exactSearch as usearchExact } from 'usearch'
import type { VectorFilter } from '../../ports/vector-index.ts'
import type { DenseVectors } from './dense-vectors.ts'
import { isOpen, RowFilter } from './row-filter.ts'
import { TopRows } from './top-rows.ts'

/** Up to this share of all rows, copying those that match together costs less than comparing all. */
const GATHER_SHARE = 0.2
/** Fewer rows than this are compared here; more are worth the call into native code. */
const NATIVE_FROM_ROWS = 32

/**
 * The `k` rows nearest to a query of length 1, by comparing with all that match. The query must begin at
 * the start of its buffer: usearch's `exactSearch` reads the buffer, whatever the view's offset is.
 */
export function exactSearch(
  vectors: DenseVectors,
  query: Float32Array<ArrayBuffer>,
  k: number,
  filter?: VectorFilter,
): TopRows {
  if (filter === undefined || isOpen(filter)) return scored(vectors, query, k, nearest(vectors, query, k))
  const rowFilter = new RowFilter(vectors, filter)
  const rows = rowFilter.rows()
  if (rows.length <= vectors.count * GATHER_SHARE) return searchRows(vectors, query, k, rows)
  return searchMatching(vectors, query, k, rowFilter)
}

/** The `k` of these rows that are nearest to the query. */
export function searchRows(
  vectors: DenseVectors,
  query: Float32Array<ArrayBuffer>,
  k: number,
  rows: ArrayLike<number>,
): TopRows {
  if (rows.length < NATIVE_FROM_ROWS || rows.length <= k * 2) return scored(vectors, query, k, rows)
  const { keys } = usearchExact(vectors.gather(rows), query, vectors.dims, k, MetricKind.IP, 1) as Matches
  return scored(
    vectors,
    query,
    k,
    rowsOf(keys).map((position) => rows[position]!),
  )
}

/** Orders rows by their similarity, computed here: the scores of every kind of search are the same. */
function scored(vectors: DenseVectors, query: Float32Array, k: number, rows: ArrayLike<number>): TopRows {
  const top = new TopRows(k)
  for (let i = 0; i < rows.length; i++) top.offer(rows[i]!, vectors.similarity(rows[i]!, query))
  return top
}

/** Takes ever more of the nearest until enough of them match. */
function searchMatching(
  vectors: DenseVectors,
  query: Float32Array<ArrayBuffer>,
  k: number,
  filter: RowFilter,
): TopRows {
  for (let wanted = k * 8; ; wanted *= 4) {
    const rows = nearest(vectors, query, wanted)
    const matching = rows.filter((row) => filter.matches(row))
    if (matching.length >= k || rows.length === vectors.count) return scored(vectors, query, k, matching)
  }
}

/** Row numbers of the `wanted` nearest, or of all where there are fewer. */
function nearest(vectors: DenseVectors, query: Float32Array<ArrayBuffer>, wanted: number): Float64Array {
  const k = Math.min(wanted, vectors.count)
  if (k === 0) return new Float64Array(0)
  const matrix = vectors.matrix.subarray(0, vectors.count * vectors.dims)
  const { keys } = usearchExact(matrix, query, vectors.dims, k, MetricKind.IP, 1) as Matches
  return rowsOf(keys)
}

/** Usearch's 64-bit keys as row numbers. */
export function rowsOf(keys: BigUint64Array): Float64Array {
  const rows = new Float64Array(keys.length)
  for (let i = 0; i < keys.length; i++) rows[i] = Number(keys[i]!)
  return rows
}
