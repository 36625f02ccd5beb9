import { basename } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import type { ColumnMap } from './column-map.ts'
import { columnsOf, formatOf, type ReplayFormatName } from './detect-format.ts'
import { openTable } from './read-table.ts'
import type { Rejected, ReplayRow, RowFormat } from './replay-row.ts'

export interface ReadOptions {
  /** Null: known by the columns. */
  readonly format: ReplayFormatName | null
  /** Which column means what; stronger than the format. */
  readonly map: ColumnMap | null
  /** False: no header; columns are named by their numbers, from 1, or as the format has them. */
  readonly header: boolean
  /** Between fields; null: guessed from the first line. */
  readonly delimiter: string | null
}

export const READ_DEFAULTS: ReadOptions = { format: null, map: null, header: true, delimiter: null }

export interface ReplayReader {
  readonly format: RowFormat
  /** Rows in file order, in batches; a row that cannot be read is told to `onReject`. To be iterated once. */
  rows(onReject: (rejected: Rejected) => void): AsyncGenerator<readonly ReplayRow[]>
}

/**
 * Opens a recorded clickstream. Throws REP_INPUT where there is nothing to read, or the columns fit no
 * format and no mapping. Memory does not grow with the file.
 */
export async function openReplay(
  file: string,
  options: ReadOptions = READ_DEFAULTS,
  signal?: AbortSignal,
): Promise<ReplayReader> {
  const { format, map, header, delimiter } = options
  const columns = header || format === null ? null : columnsOf(format)
  const keys = map === null ? null : Object.values(map)
  const table = await openTable(file, { header, delimiter, columns, keys, ...(signal ? { signal } : {}) })
  if (table === null) throw new RepError('REP_INPUT', `${basename(file)} holds no row.`)
  const rowFormat = formatOf(table.header, { format, map })
  return {
    format: rowFormat,
    async *rows(onReject) {
      for await (const records of table.records) {
        const rows: ReplayRow[] = []
        for (const { line, text, fields, reason } of records) {
          const read = fields === null ? reason : rowFormat.read(fields)
          if (typeof read === 'string') onReject({ line, reason: read, text })
          else rows.push({ line, text, action: read.action, product: read.product })
        }
        yield rows
      }
    },
  }
}
