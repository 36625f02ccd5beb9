import type { SchemaElement } from 'hyparquet'
import type { LakeColumn, LakeColumnKind } from './lake-columns.ts'

/** Parquet's types of the kinds of columns. */
const TYPES: Readonly<Record<LakeColumnKind, Omit<SchemaElement, 'name'>>> = {
  uuid: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  double: { type: 'DOUBLE' },
  int: { type: 'INT32' },
  long: { type: 'INT64' },
  time: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
}

/** The schema of a file with these columns. */
export function parquetSchema(columns: readonly LakeColumn[]): SchemaElement[] {
  return [
    { name: 'action', num_children: columns.length },
    ...columns.map(
      ({ name, kind, nullable }): SchemaElement => ({
        name,
        ...TYPES[kind],
        repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED',
      }),
    ),
  ]
}

/** How columns of a kind are encoded where a dictionary would gain nothing; undefined: the writer decides. */
export const ENCODINGS: Readonly<Partial<Record<LakeColumnKind, 'PLAIN' | 'DELTA_BINARY_PACKED'>>> = {
  uuid: 'PLAIN',
  long: 'DELTA_BINARY_PACKED',
  time: 'DELTA_BINARY_PACKED',
}
