import { endianness } from 'node:os'
import type { VectorFilter, VectorHit } from '../../ports/vector-index.ts'
import { VECTOR_FIELD } from './elasticsearch-mapping.ts'

const SWAP = endianness() === 'LE'

/** Squared length below which a vector has no direction in single precision. */
const NO_DIRECTION = 1e-30

/** A vector as Elasticsearch takes it in place of a JSON array: base64 of big-endian float32. */
export function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.from(new Float32Array(vector).buffer)
  return (SWAP ? bytes.swap32() : bytes).toString('base64')
}

/** A vector as it was given to `encodeVector`. */
export function decodeVector(text: string, dims: number): Float32Array {
  const vector = new Float32Array(dims)
  const bytes = Buffer.from(vector.buffer)
  bytes.write(text, 'base64')
  if (SWAP) bytes.swap32()
  return vector
}

/** Squared length of a vector; NaN or infinite where a value is no finite number. */
export function squaredLength(vector: Float32Array): number {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!
  return sum
}

/** True for a vector that a cosine cannot compare; Elasticsearch refuses it. */
export function hasNoDirection(squared: number): boolean {
  return squared < NO_DIRECTION
}

/** A clause of Elasticsearch's query language. */
export type Clause = Readonly<Record<string, unknown>>

/** The clauses that a filter comes to; an item without a price is in no price range, one without a stock not in stock. */
export function filterClauses(filter: VectorFilter = {}): Clause[] {
  const { category, minPrice, maxPrice, inStock, excludeIds } = filter
  const clauses: Clause[] = []
  if (category !== undefined) clauses.push({ term: { category } })
  if (minPrice !== undefined || maxPrice !== undefined)
    clauses.push({ range: { price: { ...gte(minPrice), ...lte(maxPrice) } } })
  const stocked = { range: { stock: { gt: 0 } } }
  if (inStock !== undefined) clauses.push(inStock ? stocked : { bool: { must_not: stocked } })
  if (excludeIds !== undefined && excludeIds.size > 0)
    clauses.push({ bool: { must_not: { ids: { values: [...excludeIds] } } } })
  return clauses
}

/** One hit of an answer; its score is (1 + cosine) / 2. */
export interface ScoredSource {
  readonly _id: string
  readonly _score: number
  readonly _source?: VectorHit['attributes']
}

export function toHit({ _id, _score, _source = {} }: ScoredSource): VectorHit {
  return { id: _id, score: 2 * _score - 1, attributes: _source }
}

/** An item's fields without its vector. */
export function attributesOf(source: Readonly<Record<string, unknown>>): VectorHit['attributes'] {
  const { [VECTOR_FIELD]: _vector, ...attributes } = source
  return attributes as VectorHit['attributes']
}

function gte(value: number | undefined): Clause {
  return value === undefined ? {} : { gte: value }
}

function lte(value: number | undefined): Clause {
  return value === undefined ? {} : { lte: value }
}
