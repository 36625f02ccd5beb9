import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { ActionSpans } from './action-spans.ts'
import { writeColumnChunk } from './column-chunk.ts'
import { encodeColumn } from './column-encoding.ts'
import { LAKE_COLUMNS, type LakeOrigin, type LakeValue } from './lake-columns.ts'
import { LakeRows } from './lake-rows.ts'
import { parquetSchema } from './parquet-schema.ts'

/** Rows of a group: enough for a scan to be worth it, few enough to be held. A group has at most twice as many. */
export const GROUP_ROWS = 131_072

/**
 * Writes a lake's file: typed columns, dictionaries, statistics, zstd. The same rows always give the same bytes.
 * `take` hands out what is finished so far, so that a large file is never whole in memory. The library has the
 * format's details; the columns are encoded here, since it would take each text as a JavaScript string.
 */
export class LakeFileWriter {
  readonly #bytes = new ByteWriter()
  readonly #file = new ParquetWriter({
    writer: this.#bytes,
    schema: parquetSchema(LAKE_COLUMNS),
    createdBy: 'rep',
  })
  /** The group under way; made when a row comes, so that a file that is finished holds none. */
  #rows: LakeRows | null = null
  #ended = 0

  /** Rows that were added. */
  get rows(): number {
    return this.#ended + this.groupRows
  }

  /** Rows of the group under way. */
  get groupRows(): number {
    return this.#rows?.count ?? 0
  }

  /** Adds the action that was read last. */
  add(spans: ActionSpans, origin: LakeOrigin): void {
    this.#group().add(spans, origin)
  }

  /** Adds a row of columns in the order of LAKE_COLUMNS. */
  push(columns: readonly (readonly LakeValue[])[], at: number): void {
    this.#group().push(columns, at)
  }

  /** Ends the group under way, if it has rows. */
  endGroup(): void {
    if (this.#rows === null) return
    const { count, columns: values } = this.#rows
    const start = this.#bytes.offset
    const columns = LAKE_COLUMNS.map((column, i) => {
      const encoded = encodeColumn(column, values[i]!)
      return writeColumnChunk(this.#bytes, { column, rows: count, encoded })
    })
    let total = 0n
    for (const { meta_data } of columns) total += meta_data!.total_uncompressed_size
    this.#file.row_groups.push({
      columns,
      total_byte_size: total,
      num_rows: BigInt(count),
      total_compressed_size: BigInt(this.#bytes.offset - start),
    })
    this.#file.num_rows += BigInt(count)
    this.#ended += count
    this.#rows = null
  }

  /** The bytes since the last call. */
  take(): Uint8Array {
    const taken = this.#bytes.getBytes().slice()
    this.#bytes.index = 0
    return taken
  }

  /** The rest of the bytes; nothing can be added after it. */
  end(): Uint8Array {
    this.endGroup()
    this.#file.finish()
    return this.take()
  }

  #group(): LakeRows {
    if (this.groupRows === 2 * GROUP_ROWS) this.endGroup()
    this.#rows ??= new LakeRows()
    return this.#rows
  }
}
