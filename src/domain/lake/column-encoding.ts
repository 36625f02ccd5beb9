import type { Encoding } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { deltaBinaryPack } from 'hyparquet-writer/src/delta.js'
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js'
import type { ByteDictionary } from './byte-dictionary.ts'
import { type ColumnStatistics, statisticsOf } from './column-statistics.ts'
import { CodedValues, type ColumnValues, IdValues, type WholeValues } from './column-values.ts'
import type { LakeColumn } from './lake-columns.ts'

/** The values of a column as Parquet keeps them, not compressed yet. */
export interface EncodedColumn {
  readonly encoding: Encoding
  readonly body: Uint8Array
  /** Which rows have a value; empty where the column says that all have. */
  readonly levels: Uint8Array
  readonly nulls: number
  /** Null where the values are written out. */
  readonly dictionary: Pick<ByteDictionary, 'count' | 'plain'> | null
  /** Null for ids: the least and the greatest of random ones say nothing. */
  readonly statistics: ColumnStatistics | null
}

/** What columns have in common that are neither nullable nor have a dictionary. */
const BARE = { levels: new Uint8Array(0), nulls: 0, dictionary: null }

export function encodeColumn(column: LakeColumn, values: ColumnValues): EncodedColumn {
  if (values instanceof CodedValues) return encodeCodes(column, values)
  if (values instanceof IdValues) return { ...BARE, encoding: 'PLAIN', body: values.bytes, statistics: null }
  return encodeNumbers(column, values)
}

function encodeNumbers({ kind }: LakeColumn, { values }: WholeValues): EncodedColumn {
  const body = new ByteWriter()
  deltaBinaryPack(body, values, kind === 'int' ? 'INT32' : 'INT64')
  let [least, greatest] = [values[0]!, values[0]!]
  for (const value of values) {
    if (value < least) least = value
    else if (value > greatest) greatest = value
  }
  const statistics = { min_value: least, max_value: greatest, null_count: 0n }
  return { ...BARE, encoding: 'DELTA_BINARY_PACKED', body: body.getBytes(), statistics }
}

function encodeCodes(column: LakeColumn, values: CodedValues): EncodedColumn {
  const { codes, dictionary, nulls } = values
  const present = nulls === 0 ? codes : codes.filter((code) => code >= 0)
  const common = { levels: levelsOf(column, codes), nulls, statistics: statisticsOf(column, values) }
  const bits = Math.ceil(Math.log2(Math.max(1, dictionary.count)))
  let plainBytes = 0
  for (const code of present) plainBytes += dictionary.plainBytes(code)
  // A dictionary costs readers a step more, so it is to halve what there is to read.
  if (2 * (dictionary.plain.length + (present.length * bits) / 8) >= plainBytes) {
    const body = Buffer.concat(present.map((code) => dictionary.plainOf(code)))
    return { ...common, encoding: 'PLAIN', body, dictionary: null }
  }
  const body = new ByteWriter()
  body.appendUint8(bits)
  writeRleBitPackedHybrid(body, present, bits)
  return { ...common, encoding: 'RLE_DICTIONARY', body: body.getBytes(), dictionary }
}

function levelsOf({ nullable }: LakeColumn, codes: readonly number[]): Uint8Array {
  const levels = new ByteWriter()
  if (nullable) {
    const isThere = codes.map((code) => (code < 0 ? 0 : 1))
    writeRleBitPackedHybrid(levels, isThere, 1)
  }
  return levels.getBytes()
}
