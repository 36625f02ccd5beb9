import { cosine } from '../../domain/vector.ts'

/** The cosine of two operands; `rows` holds the vectors of those that are texts, in order. */
export function similarityOf(a: string | Float32Array, b: string | Float32Array, rows: Float32Array): number {
  const texts = Number(typeof a === 'string') + Number(typeof b === 'string')
  const dims = texts === 0 ? 0 : rows.length / texts
  const left = typeof a === 'string' ? rows.subarray(0, dims) : a
  const right = typeof b === 'string' ? rows.subarray(rows.length - dims) : b
  return cosine(left, right)
}
