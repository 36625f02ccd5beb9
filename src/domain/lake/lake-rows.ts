import { ACTION_TYPES } from '../events.ts'
import { propertiesText } from './action-properties.ts'
import type { ActionSpans } from './action-spans.ts'
import { ByteDictionary } from './byte-dictionary.ts'
import { type CodedValues, type ColumnValues, valuesOf } from './column-values.ts'
import { LAKE_COLUMNS, type LakeOrigin, type LakeValue } from './lake-columns.ts'

const AT = Object.fromEntries(LAKE_COLUMNS.map(({ name }, i) => [name, i]))
/** Columns whose values are taken as they lie in the action's bytes. */
const AS_THEY_LIE = LAKE_COLUMNS.flatMap(({ name, kind, field }, i) => {
  const isMade = field === null || name === 'event_type' || name === 'properties'
  return !isMade && (kind === 'text' || kind === 'double') ? [i] : []
})

/** Rows of one group of a file, column by column. */
export class LakeRows {
  /** In the order of LAKE_COLUMNS. */
  readonly columns: readonly ColumnValues[] = LAKE_COLUMNS.map(valuesOf)
  count = 0
  /** The Avro maps of properties that came so far, and of each its text. */
  readonly #maps = new ByteDictionary({ lengths: false })
  readonly #texts: (string | null)[] = []

  /** A row of the action that was read last. */
  add(spans: ActionSpans, { partition, offset, receivedMs }: LakeOrigin): void {
    const { columns } = this
    const { bytes, starts, ends } = spans
    for (let i = 0; i < AS_THEY_LIE.length; i++) {
      const column = AS_THEY_LIE[i]!
      const values = columns[column] as CodedValues
      values.add(bytes, starts[column]!, ends[column]!)
    }
    columns[AT.trace_id!]!.push(spans.traceId)
    columns[AT.event_type!]!.push(ACTION_TYPES[spans.actionType]!)
    columns[AT.event_time!]!.push(microseconds(spans.timestamp))
    columns[AT.receive_time!]!.push(microseconds(receivedMs))
    columns[AT.properties!]!.push(this.#properties(spans))
    columns[AT.source_partition!]!.push(partition)
    columns[AT.source_offset!]!.push(offset)
    this.count++
  }

  /** A row of another file: one of each column. */
  push(values: readonly (readonly LakeValue[])[], at: number): void {
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.push(values[i]![at]!)
    this.count++
  }

  #properties({ bytes, starts, ends }: ActionSpans): string | null {
    const [start, end] = [starts[AT.properties!]!, ends[AT.properties!]!]
    const map = this.#maps.code(bytes, start, end)
    if (map === this.#texts.length) this.#texts.push(propertiesText(bytes.subarray(start, end)))
    return this.#texts[map]!
  }
}

/** Milliseconds that no Avro long of the log exceeds fit; others are cut off at the ends of 64 bits. */
function microseconds(ms: number): bigint {
  return BigInt.asIntN(64, BigInt(Math.trunc(ms)) * 1000n)
}
