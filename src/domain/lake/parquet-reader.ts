import { zstdDecompressSync } from 'node:zlib'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetScan } from 'hyparquet'
import { RepError } from '../../errors/rep-error.ts'
import { LAKE_COLUMNS, type LakeValue } from './lake-columns.ts'

/** Bytes of a file, wherever it is. */
export interface FileBytes {
  /** What errors call it. */
  readonly name: string
  readonly bytes: number
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Uint8Array>
}

const compressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdDecompressSync(bytes) }
// A byte order mark that a text begins with is part of it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Times and ids stay what they are in the file. */
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined): string | undefined => bytes && decoder.decode(bytes),
  timestampFromMicroseconds: (us: bigint): bigint => us,
  uuidFromBytes: (bytes: Uint8Array): Uint8Array => bytes,
}

/** Reads a lake's file, a group of rows at a time. */
export class LakeFileReader {
  readonly rows: number
  readonly #file: AsyncBuffer
  readonly #name: string
  readonly #metadata: FileMetaData

  private constructor(name: string, file: AsyncBuffer, metadata: FileMetaData) {
    this.#name = name
    this.#file = file
    this.#metadata = metadata
    this.rows = Number(metadata.num_rows)
  }

  /** Reads the end of the file, which says what is in it. Rejects with REP_INPUT where it is no Parquet. */
  static async open({ name, bytes, read }: FileBytes): Promise<LakeFileReader> {
    const file: AsyncBuffer = {
      byteLength: bytes,
      slice: async (start, end = bytes) => {
        const piece = await read(start, end)
        const copy = new ArrayBuffer(piece.byteLength)
        new Uint8Array(copy).set(piece)
        return copy
      },
    }
    const metadata = await asInput(name, () => parquetMetadataAsync(file, { parsers }))
    return new LakeFileReader(name, file, metadata)
  }

  /** The least value of a column of times, from the statistics; null where the file has none. */
  least(column: string): bigint | null {
    let least: bigint | null = null
    for (const { columns } of this.#metadata.row_groups) {
      const chunk = columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === column)
      const value = chunk?.meta_data?.statistics?.min_value
      if (typeof value !== 'bigint') return null
      if (least === null || value < least) least = value
    }
    return least
  }

  /** Some columns of all rows, in batches; one that the file does not have is null in every row. */
  async *columns(names: readonly string[]): AsyncGenerator<readonly (readonly LakeValue[])[]> {
    const there = new Set(this.#metadata.schema.map(({ name }) => name))
    const columns = names.filter((name) => there.has(name))
    const scan = await asInput(this.#name, () =>
      parquetScan({ file: this.#file, metadata: this.#metadata, columns, compressors, parsers }),
    )
    let rowStart = 0
    for (const { num_rows } of this.#metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows)
      const range = { rowStart, rowEnd }
      const read = async (column: string): Promise<readonly LakeValue[]> => {
        if (!there.has(column)) return new Array<LakeValue>(rowEnd - range.rowStart).fill(null)
        const values: ArrayLike<unknown> = await scan.readColumn({ column, ...range })
        return Array.from(values, asValue)
      }
      yield await asInput(this.#name, () => Promise.all(names.map(read)))
      rowStart = rowEnd
    }
  }

  /** All columns, in the order of LAKE_COLUMNS. */
  all(): AsyncGenerator<readonly (readonly LakeValue[])[]> {
    return this.columns(LAKE_COLUMNS.map(({ name }) => name))
  }
}

function asValue(value: unknown): LakeValue {
  return (value ?? null) as LakeValue
}

/** The library's errors are about the file; the store's own pass. */
async function asInput<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof RepError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new RepError('REP_INPUT', `${name} cannot be read as Parquet: ${why}.`, { cause: error })
  }
}
