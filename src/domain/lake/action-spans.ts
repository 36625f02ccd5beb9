import type { schema } from 'avsc'
import { RepError } from '../../errors/rep-error.ts'
import type { SchemaIds } from '../codec.ts'
import { USER_ACTION_VERSIONS } from '../schemas/user-action.ts'
import { FRAME_BYTES } from '../subject-codec.ts'
import { parseUuid } from '../uuid.ts'
import { AvroCursor } from './avro-cursor.ts'
import { LAKE_COLUMNS } from './lake-columns.ts'

/** Reads one part of a record, and leaves the cursor behind it. */
type Step = (cursor: AvroCursor, spans: ActionSpans) => void

const COLUMN_OF = new Map(LAKE_COLUMNS.map(({ field }, column) => [field, column]))
const TRACE_ID = COLUMN_OF.get('traceId')!
const ACTION_TYPE = COLUMN_OF.get('actionType')!
const TIMESTAMP = COLUMN_OF.get('timestamp')!
const NULL = -1
/** The greatest whole number that avsc reads. */
const MOST = 9_007_199_254_740_990

/**
 * Where an action's values lie in its bytes, by column: what a row of the lake is made of, without a text or an object
 * for each. Reads all versions, and refuses exactly what `decodeUserAction` refuses.
 */
export class ActionSpans {
  /** Of texts and doubles: where the value begins; -1 where it is null. Of properties: the Avro map. */
  readonly starts = new Int32Array(LAKE_COLUMNS.length)
  /** Where it ends. */
  readonly ends = new Int32Array(LAKE_COLUMNS.length)
  /** Of whole numbers: the value. */
  readonly numbers = new Float64Array(LAKE_COLUMNS.length)
  readonly traceId = new Uint8Array(16)
  readonly #cursor = new AvroCursor()
  readonly #versions = new Map<number, Step>()

  constructor(ids: SchemaIds) {
    for (const [i, id] of ids['user.action.v1-value'].entries())
      this.#versions.set(id, stepOf(USER_ACTION_VERSIONS[i]!, ''))
  }

  /** Index in ACTION_TYPES. */
  get actionType(): number {
    return this.numbers[ACTION_TYPE]!
  }

  /** Milliseconds since the epoch. */
  get timestamp(): number {
    return this.numbers[TIMESTAMP]!
  }

  /** The bytes that the spans are of. */
  get bytes(): Uint8Array {
    return this.#cursor.bytes
  }

  /** Finds the values of the record that lies there; false where it is no user action. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < FRAME_BYTES || bytes[start] !== 0) return false
    const step = this.#versions.get(schemaId(bytes, start + 1))
    if (step === undefined) return false
    const cursor = this.#cursor
    cursor.bytes = bytes
    cursor.at = start + FRAME_BYTES
    cursor.end = end
    this.starts.fill(NULL)
    step(cursor, this)
    if (cursor.at !== end) return false
    const idAt = this.starts[TRACE_ID]!
    return this.ends[TRACE_ID]! - idAt === 36 && parseUuid(bytes, idAt, this.traceId)
  }
}

function schemaId(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** How a value of a schema is read; `path` says where in the action it is. */
function stepOf(part: unknown, path: string): Step {
  if (Array.isArray(part)) return unionStep(part.map((branch) => stepOf(branch, path)))
  const type = typeof part === 'string' ? part : (part as { type: string }).type
  if (type === 'null') return () => undefined
  if (type === 'record') return recordStep((part as schema.RecordType).fields, path)
  const column = COLUMN_OF.get(path)
  if (column === undefined) throw new RepError('REP_INTERNAL', `The lake has no column of ${path}.`)
  switch (type) {
    case 'enum':
      return enumStep(column, (part as schema.EnumType).symbols.length)
    case 'long':
      return longStep(column)
    case 'string':
      return stringStep(column)
    case 'double':
      return doubleStep(column)
    case 'map':
      return mapStep(column)
    default:
      throw new RepError('REP_INTERNAL', `The lake cannot read ${path}: it is a ${type}.`)
  }
}

function recordStep(fields: schema.RecordType['fields'], path: string): Step {
  const steps = fields.map(({ name, type }) => stepOf(type, path === '' ? name : `${path}.${name}`))
  return (cursor, spans) => {
    for (let i = 0; i < steps.length; i++) steps[i]!(cursor, spans)
  }
}

function unionStep(branches: readonly Step[]): Step {
  return (cursor, spans) => {
    const branch = branches[cursor.long()]
    if (branch === undefined) cursor.invalidate()
    else branch(cursor, spans)
  }
}

function enumStep(column: number, symbols: number): Step {
  return (cursor, { numbers }) => {
    const symbol = cursor.long()
    if (!(symbol >= 0 && symbol < symbols)) cursor.invalidate()
    numbers[column] = symbol
  }
}

function longStep(column: number): Step {
  return (cursor, { numbers }) => {
    const value = cursor.long()
    if (!(Math.abs(value) <= MOST)) cursor.invalidate()
    numbers[column] = value
  }
}

function stringStep(column: number): Step {
  return (cursor, { starts, ends }) => {
    const length = cursor.skipBytes()
    starts[column] = cursor.at - length
    ends[column] = cursor.at
  }
}

function doubleStep(column: number): Step {
  return (cursor, { starts, ends }) => {
    starts[column] = cursor.at
    cursor.at += 8
    ends[column] = cursor.at
  }
}

function mapStep(column: number): Step {
  return (cursor, { starts, ends }) => {
    starts[column] = cursor.at
    cursor.skipMap()
    ends[column] = cursor.at
  }
}
