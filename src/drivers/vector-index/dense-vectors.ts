import type { VectorAttributes } from '../../ports/vector-index.ts'
import type { StoredVector } from './vector-store.ts'

/** Vectors of one index in memory, each scaled to length 1, with what filters ask for as columns. */
export class DenseVectors {
  readonly dims: number
  count = 0
  /** `count` rows of `dims`, then room to grow. A vector of length 0 stays one: it is like nothing. */
  matrix: Float32Array<ArrayBuffer>
  /** Number of each row's category; -1 for none. */
  categories: Int32Array
  /** NaN for none. */
  prices: Float64Array
  /** NaN for none. */
  stocks: Float64Array
  readonly ids: string[] = []
  readonly attributes: VectorAttributes[] = []
  readonly #categoryNumbers = new Map<string, number>()
  /** Rows of each category, in no order. */
  readonly #categoryRows: number[][] = []
  #gathered: Float32Array<ArrayBuffer> = new Float32Array(0)

  constructor(dims: number, capacity: number) {
    this.dims = dims
    this.matrix = new Float32Array(dims * capacity)
    this.categories = new Int32Array(capacity)
    this.prices = new Float64Array(capacity)
    this.stocks = new Float64Array(capacity)
  }

  /** Puts a row; rows are put in the order of their numbers the first time. */
  put(row: number, stored: StoredVector): void {
    if (row >= this.categories.length) this.#grow(row + 1)
    if (row >= this.count) {
      this.count = row + 1
      this.categories[row] = -1
    }
    normaliseInto(stored.vector, this.matrix, row * this.dims)
    this.ids[row] = stored.id
    this.putAttributes(row, stored.attributes)
  }

  putAttributes(row: number, attributes: VectorAttributes): void {
    this.attributes[row] = attributes
    this.prices[row] = attributes.price ?? Number.NaN
    this.stocks[row] = attributes.stock ?? Number.NaN
    const before = this.categories[row]!
    const category = attributes.category === undefined ? -1 : this.#numberOf(attributes.category)
    if (category === before) return
    this.categories[row] = category
    if (category >= 0) this.#categoryRows[category]!.push(row)
    if (before >= 0) this.#categoryRows[before] = this.#categoryRows[before]!.filter((other) => other !== row)
  }

  /** Number of a category, or -2, which no row has, where nothing is of it. */
  categoryNumber(category: string): number {
    return this.#categoryNumbers.get(category) ?? -2
  }

  /** The rows of a category, in no order. */
  categoryRows(category: string): readonly number[] {
    return this.#categoryRows[this.categoryNumber(category)] ?? []
  }

  /** Copies of these rows, one after the other; valid until the next call. */
  gather(rows: ArrayLike<number>): Float32Array<ArrayBuffer> {
    const { dims, matrix } = this
    const size = rows.length * dims
    if (this.#gathered.length < size) this.#gathered = new Float32Array(size)
    for (let i = 0; i < rows.length; i++) {
      this.#gathered.set(matrix.subarray(rows[i]! * dims, (rows[i]! + 1) * dims), i * dims)
    }
    return this.#gathered.subarray(0, size)
  }

  /** Cosine of a row and a query of length 1. */
  similarity(row: number, query: Float32Array): number {
    const { matrix, dims } = this
    const start = row * dims
    const end = start + (dims & ~3)
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    let j = 0
    let i = start
    // Four sums that do not wait for each other.
    for (; i < end; i += 4, j += 4) {
      a += matrix[i]! * query[j]!
      b += matrix[i + 1]! * query[j + 1]!
      c += matrix[i + 2]! * query[j + 2]!
      d += matrix[i + 3]! * query[j + 3]!
    }
    for (; j < dims; i++, j++) a += matrix[i]! * query[j]!
    return a + b + c + d
  }

  #numberOf(category: string): number {
    const known = this.#categoryNumbers.get(category)
    if (known !== undefined) return known
    const number = this.#categoryRows.push([]) - 1
    this.#categoryNumbers.set(category, number)
    return number
  }

  #grow(rows: number): void {
    const capacity = Math.max(rows, Math.ceil(this.categories.length * 1.5))
    this.matrix = grown(this.matrix, new Float32Array(this.dims * capacity))
    this.categories = grown(this.categories, new Int32Array(capacity))
    this.prices = grown(this.prices, new Float64Array(capacity))
    this.stocks = grown(this.stocks, new Float64Array(capacity))
  }
}

/** Writes `vector` scaled to length 1; one of length 0 as it is. */
export function normaliseInto(vector: Float32Array, target: Float32Array, start: number): void {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0
  for (let i = 0; i < vector.length; i++) target[start + i] = vector[i]! * scale
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}
