import { RepError } from '../../errors/rep-error.ts'
import { ByteDictionary } from './byte-dictionary.ts'
import type { LakeColumn, LakeValue } from './lake-columns.ts'

const ID_BYTES = 16
const DOUBLE_BYTES = 8
const FIRST_IDS = 64
const NULL = -1

/** The values of one column of a group of rows, held as they are written. */
export type ColumnValues = CodedValues | IdValues | WholeValues

export function valuesOf(column: LakeColumn): ColumnValues {
  if (column.kind === 'text' || column.kind === 'double') return new CodedValues(column)
  return column.kind === 'uuid' ? new IdValues() : new WholeValues()
}

/** Texts or doubles, as numbers of a dictionary. */
export class CodedValues {
  /** -1 is null. */
  readonly codes: number[] = []
  readonly dictionary: ByteDictionary
  nulls = 0
  readonly #column: LakeColumn

  constructor(column: LakeColumn) {
    this.#column = column
    this.dictionary = new ByteDictionary({ lengths: column.kind === 'text' })
  }

  /** Adds the value that lies there; a negative start is null. */
  add(bytes: Uint8Array, start: number, end: number): void {
    if (start < 0) this.#addNull()
    else this.codes.push(this.dictionary.code(bytes, start, end))
  }

  push(value: LakeValue): void {
    if (value === null) this.#addNull()
    else if (this.#column.kind === 'text') this.codes.push(this.dictionary.codeOfText(String(value)))
    else {
      SCRATCH.writeDoubleLE(Number(value))
      this.codes.push(this.dictionary.code(SCRATCH, 0, DOUBLE_BYTES))
    }
  }

  #addNull(): void {
    const { name, nullable } = this.#column
    if (!nullable) throw new RepError('REP_INPUT', `A row of the lake has no ${name}.`)
    this.nulls++
    this.codes.push(NULL)
  }
}

const SCRATCH = Buffer.alloc(DOUBLE_BYTES)

/** Ids of 16 bytes, one behind the other. */
export class IdValues {
  #bytes = Buffer.allocUnsafe(FIRST_IDS * ID_BYTES)
  #end = 0

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  push(id: LakeValue): void {
    if (!(id instanceof Uint8Array)) throw new RepError('REP_INPUT', 'A row of the lake has no id.')
    if (this.#end === this.#bytes.length) {
      const grown = Buffer.allocUnsafe(2 * this.#end)
      this.#bytes.copy(grown)
      this.#bytes = grown
    }
    this.#bytes.set(id, this.#end)
    this.#end += ID_BYTES
  }
}

/** Whole numbers, and times as such. */
export class WholeValues {
  readonly values: (number | bigint)[] = []

  push(value: LakeValue): void {
    if (typeof value !== 'number' && typeof value !== 'bigint')
      throw new RepError('REP_INPUT', 'A row of the lake lacks a number.')
    this.values.push(value)
  }
}
