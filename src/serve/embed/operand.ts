import type { Problem } from '../api-problems.ts'
import { MAX_CHARACTERS } from './embed-schemas.ts'

export interface Operand {
  readonly value: string | Float32Array
}

/** A text or a vector of `dims` numbers, or what is wrong with it and where. */
export function readOperand(value: unknown, pointer: string, dims: number): Operand | Problem {
  const wrong = (what: string, at = pointer): Problem => ({
    ...{ code: 'REP_USAGE', message: `${at} ${what}`, in: 'body', pointer: at },
  })
  if (typeof value === 'string') {
    if (value.trim() === '') return wrong('must have text in it')
    if (value.length > MAX_CHARACTERS) return wrong(`must not have more than ${MAX_CHARACTERS} characters`)
    return { value }
  }
  if (!Array.isArray(value)) return wrong('must be a text or a vector')
  if (value.length !== dims) return wrong(`has ${value.length} dimensions, the model has ${dims}`)
  const vector = new Float32Array(dims)
  for (let i = 0; i < dims; i++) {
    const number: unknown = value[i]
    // Beyond float32 it would become infinite.
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number)))
      return wrong('must be a finite number', `${pointer}/${i}`)
    vector[i] = number
  }
  return { value: vector }
}
