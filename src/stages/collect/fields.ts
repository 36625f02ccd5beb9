import { type Fault, LONGEST_ID } from './click-event.ts'

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `pointer/name` with the name escaped (RFC 6901). */
export function pointerTo(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Reads the fields of one JSON object and notes every fault with its pointer. Null is as good as absent. */
export class Fields {
  readonly source: Json
  readonly #pointer: string
  readonly #faults: Fault[]

  constructor(source: Json, pointer: string, faults: Fault[]) {
    this.source = source
    this.#pointer = pointer
    this.#faults = faults
  }

  /** An id: text, or an integer that becomes text. */
  id(name: string): string | null {
    const value = this.source[name] ?? null
    if (value === null) return null
    if (Number.isSafeInteger(value)) return String(value)
    if (typeof value !== 'string') return this.fault(name, 'must be text or an integer')
    if (value === '') return this.fault(name, 'must not be empty')
    if (value.length > LONGEST_ID) return this.fault(name, `must have at most ${LONGEST_ID} characters`)
    return value
  }

  requiredId(name: string): string {
    return this.id(name) ?? this.#missing(name) ?? ''
  }

  text(name: string): string | null {
    const value = this.source[name] ?? null
    return value === null || typeof value === 'string' ? value : this.fault(name, 'must be text')
  }

  requiredText(name: string): string {
    return this.text(name) ?? this.#missing(name) ?? ''
  }

  number(name: string): number | null {
    const value = this.source[name] ?? null
    if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value
    return this.fault(name, 'must be a number')
  }

  requiredNumber(name: string): number {
    return this.number(name) ?? this.#missing(name) ?? 0
  }

  /** The fields of an object within; null where it is absent, or is none. */
  part(name: string): Fields | null {
    const value = this.source[name] ?? null
    if (value === null) return null
    if (isObject(value)) return new Fields(value, pointerTo(this.#pointer, name), this.#faults)
    return this.fault(name, 'must be an object')
  }

  fault(name: string, message: string): null {
    this.#faults.push({ pointer: pointerTo(this.#pointer, name), message })
    return null
  }

  /** Nothing to say where the field was there and wrong: that is noted already. */
  #missing(name: string): null {
    if ((this.source[name] ?? null) === null) this.fault(name, 'is required')
    return null
  }
}
