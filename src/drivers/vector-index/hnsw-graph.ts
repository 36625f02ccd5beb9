import { Index, MetricKind, ScalarKind } from 'usearch'
import type { DenseVectors } from './dense-vectors.ts'
import { rowsOf } from './exact-search.ts'

/** Neighbours of a node, and candidates while building and searching: test/bench/vector-index.ts shows what they give. */
const CONNECTIVITY = 32
const EXPANSION_ADD = 128
const EXPANSION_SEARCH = 40
const BUILD_CHUNK_ROWS = 4096

/**
 * A graph over the rows of `DenseVectors` (HNSW, Malkov and Yashunin 2016), its vectors quantised to 8 bits
 * a dimension. It answers with candidates; the caller orders them by their exact similarity.
 */
export class HnswGraph {
  readonly #index: Index

  constructor(dims: number) {
    this.#index = new Index({
      dimensions: dims,
      metric: MetricKind.Cos,
      quantization: ScalarKind.I8,
      connectivity: CONNECTIVITY,
      expansion_add: EXPANSION_ADD,
      expansion_search: EXPANSION_SEARCH,
      multi: false,
    })
  }

  get size(): number {
    return this.#index.size()
  }

  /** Adds the rows `from` to `to` - 1, which must be new. */
  addRange(vectors: DenseVectors, from: number, to: number): void {
    const { dims, matrix } = vectors
    for (let start = from; start < to; start += BUILD_CHUNK_ROWS) {
      const end = Math.min(to, start + BUILD_CHUNK_ROWS)
      const keys = new BigUint64Array(end - start)
      for (let row = start; row < end; row++) keys[row - start] = BigInt(row)
      this.#index.add(keys, matrix.subarray(start * dims, end * dims), 1)
    }
  }

  /** Takes a row's new vector in place of its old one. */
  replace(vectors: DenseVectors, row: number): void {
    const key = BigUint64Array.of(BigInt(row))
    const { dims, matrix } = vectors
    this.#index.remove(key)
    this.#index.add(key, matrix.subarray(row * dims, (row + 1) * dims), 1)
  }

  /** Rows that are probably the `wanted` nearest; fewer where there are not as many. */
  candidates(query: Float32Array, wanted: number): Float64Array {
    return rowsOf(this.#index.search(query, wanted, 1).keys)
  }

  save(path: string): void {
    this.#index.save(path)
  }

  /** Throws when the file is not a graph. */
  load(path: string): void {
    this.#index.load(path)
  }
}
