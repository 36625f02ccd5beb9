import { zstdCompressSync } from 'node:zlib'
import type { ColumnChunk, PageHeader } from 'hyparquet'
import type { ByteWriter } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'
import type { EncodedColumn } from './column-encoding.ts'
import type { LakeColumn } from './lake-columns.ts'
import { physicalType } from './parquet-schema.ts'

const DICTIONARY_PAGE = { page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 } as const
const NO_LEVELS = new Uint8Array(0)

/** Writes a column of a group of rows, compressed: its dictionary, if it has one, and one page of its values. */
export function writeColumnChunk(
  writer: ByteWriter,
  { column, rows, encoded }: { column: LakeColumn; rows: number; encoded: EncodedColumn },
): ColumnChunk {
  const { encoding, statistics, dictionary } = encoded
  const start = writer.offset
  const dictionaryBytes = dictionary === null ? 0 : writeDictionary(writer, dictionary)
  const pageAt = writer.offset
  const page = { page_type: 'DATA_PAGE_V2', encoding, count: 1 } as const
  const dataBytes = writeData(writer, rows, encoded)
  return {
    meta_data: {
      type: physicalType(column.kind),
      encodings: dictionary === null ? [encoding] : ['PLAIN', encoding],
      path_in_schema: [column.name],
      codec: 'ZSTD',
      num_values: BigInt(rows),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(dictionaryBytes + dataBytes),
      data_page_offset: BigInt(pageAt),
      ...(dictionary === null ? {} : { dictionary_page_offset: BigInt(start) }),
      encoding_stats: dictionary === null ? [page] : [DICTIONARY_PAGE, page],
      ...(statistics === null ? {} : { statistics }),
    },
    file_offset: BigInt(start),
  }
}

function writeDictionary(
  writer: ByteWriter,
  { count, plain }: NonNullable<EncodedColumn['dictionary']>,
): number {
  const dictionary_page_header = { num_values: count, encoding: 'PLAIN' } as const
  return writePage(writer, { type: 'DICTIONARY_PAGE', dictionary_page_header }, { body: plain })
}

function writeData(
  writer: ByteWriter,
  rows: number,
  { encoding, levels, nulls, body }: EncodedColumn,
): number {
  const data_page_header_v2 = {
    num_values: rows,
    num_nulls: nulls,
    num_rows: rows,
    encoding,
    definition_levels_byte_length: levels.length,
    repetition_levels_byte_length: 0,
    is_compressed: true,
  }
  return writePage(writer, { type: 'DATA_PAGE_V2', data_page_header_v2 }, { levels, body })
}

/** Writes a page, all but its levels compressed; returns how many bytes it has without that. */
function writePage(
  writer: ByteWriter,
  header: Omit<PageHeader, 'compressed_page_size' | 'uncompressed_page_size'>,
  { levels = NO_LEVELS, body }: { levels?: Uint8Array; body: Uint8Array },
): number {
  const compressed = zstdCompressSync(body)
  const start = writer.offset
  writePageHeader(writer, {
    ...header,
    uncompressed_page_size: levels.length + body.length,
    compressed_page_size: levels.length + compressed.length,
  })
  const headerBytes = writer.offset - start
  writer.appendBytes(levels)
  writer.appendBytes(compressed)
  return headerBytes + levels.length + body.length
}
