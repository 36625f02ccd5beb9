import type { ParquetType, SchemaElement } from 'hyparquet'
import type { LakeColumn, LakeColumnKind } from './lake-columns.ts'

/** Parquet's types of the kinds of columns. */
const TYPES: Readonly<Record<LakeColumnKind, Omit<SchemaElement, 'name'> & { type: ParquetType }>> = {
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

/** What values of a kind are in the file. */
export function physicalType(kind: LakeColumnKind): ParquetType {
  return TYPES[kind].type
}
