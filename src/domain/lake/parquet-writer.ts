import { zstdCompressSync } from 'node:zlib'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { LAKE_COLUMNS, type LakeValue } from './lake-columns.ts'
import { ENCODINGS, parquetSchema } from './parquet-schema.ts'

/** Rows of a group: enough for a scan to be worth it, few enough to be held. A group has at most twice as many. */
export const GROUP_ROWS = 131_072
const compressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes) }

/**
 * Writes a lake's file: typed columns, dictionaries, statistics, zstd. The same columns always give the same bytes.
 * `take` hands out what is finished so far, so that a large file is never whole in memory.
 */
export class LakeFileWriter {
  readonly #bytes = new ByteWriter()
  readonly #file = new ParquetWriter({
    writer: this.#bytes,
    schema: parquetSchema(LAKE_COLUMNS),
    codec: 'ZSTD',
    compressors,
    createdBy: 'rep',
  })

  /** Appends rows, given as columns in the order of LAKE_COLUMNS. */
  add(columns: readonly LakeValue[][]): void {
    const columnData = LAKE_COLUMNS.map(({ name, kind }, i) => {
      const encoding = ENCODINGS[kind]
      // The least and the greatest of random ids say nothing.
      const statistics = kind !== 'uuid'
      return { name, data: columns[i]!, statistics, ...(encoding === undefined ? {} : { encoding }) }
    })
    const rows = columns[0]!.length
    this.#file.write({ columnData, rowGroupSize: rows <= 2 * GROUP_ROWS ? Math.max(1, rows) : GROUP_ROWS })
  }

  /** The bytes since the last call. */
  take(): Uint8Array {
    const taken = this.#bytes.getBytes().slice()
    this.#bytes.index = 0
    return taken
  }

  /** The rest of the bytes; nothing can be added after it. */
  end(): Uint8Array {
    this.#file.finish()
    return this.take()
  }
}

/** A whole file of these rows. */
export function encodeLakeFile(columns: readonly LakeValue[][]): Uint8Array {
  const writer = new LakeFileWriter()
  writer.add(columns)
  return writer.end()
}
