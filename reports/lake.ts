import { plainLine } from './ansi.ts'
import { formatCount } from './format.ts'
import { textTable } from './text-table.ts'

/** A lake's hours, as rep lake ls has them. */
export interface LakeTable {
  readonly place: string
  readonly files: number
  readonly rows: number
  readonly bytes: number
  readonly hours: readonly {
    readonly event_date: string | null
    readonly hour: number | null
    readonly files: number
    readonly rows: number
    readonly bytes: number
    readonly leftover: number
  }[]
}

/** What a lake holds, for the terminal. */
export function lakeTable({ place, hours, ...all }: LakeTable): string {
  const rows = hours.map(({ event_date, hour, files, rows: count, bytes, leftover }) => [
    event_date ?? '(no time)',
    hour === null ? '' : String(hour).padStart(2, '0'),
    formatCount(files),
    formatCount(count),
    formatBytes(bytes),
    leftover === 0 ? '' : `${leftover} merged files were left over: rep lake compact removes them`,
  ])
  const total = ['all', '', formatCount(all.files), formatCount(all.rows), formatBytes(all.bytes), '']
  return `${place}\n\n${textTable([['EVENT DATE', 'HOUR', 'FILES', 'ROWS', 'SIZE', ''], ...rows, total])}`
}

/** Rows of an answer, for the terminal. */
export function answerTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return `${columns.join('  ')}\n(no rows)`
  return textTable([columns, ...rows.map((row) => row.map(cell))])
}

function cell(value: unknown): string {
  if (value === null) return 'NULL'
  return plainLine(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

/** `512 B`, `4.2 kB`, `1,204.0 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB']
  return `${size.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${unit}`
}
