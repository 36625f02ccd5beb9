import { type Matches, MetricKind, exactSearch as usearchExact } from 'usearch'
import type { VectorFilter } from '../../ports/vector-index.ts'
import type { DenseVectors } from './dense-vectors.ts'
import { isOpen, RowFilter } from './row-filter.ts'
import { TopRows } from './top-rows.ts'

/** Up to this many rows, comparing them one by one costs less than comparing all in native code. */
export const FEW_ROWS = 4096

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
  if (filter === undefined || isOpen(filter)) return searchRows(vectors, query, k, nearest(vectors, query, k))
  const rowFilter = new RowFilter(vectors, filter)
  const rows = rowFilter.rows()
  if (rows.length <= FEW_ROWS) return searchRows(vectors, query, k, rows)
  return searchMatching(vectors, query, k, rowFilter)
}

/** The `k` of these rows that are nearest to the query. */
export function searchRows(
  vectors: DenseVectors,
  query: Float32Array,
  k: number,
  rows: Uint32Array | Float64Array,
): TopRows {
  const top = new TopRows(k)
  for (let i = 0; i < rows.length; i++) top.offer(rows[i]!, vectors.similarity(rows[i]!, query))
  return top
}

/** Takes ever more of the nearest until enough of them match. More than FEW_ROWS rows must match. */
function searchMatching(
  vectors: DenseVectors,
  query: Float32Array<ArrayBuffer>,
  k: number,
  filter: RowFilter,
): TopRows {
  for (let wanted = k * 4; ; wanted *= 4) {
    const rows = nearest(vectors, query, wanted)
    const matching = rows.filter((row) => filter.matches(row))
    if (matching.length >= k || rows.length === vectors.count) return searchRows(vectors, query, k, matching)
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
