import type { RunRecord } from '../src/measure/run-record.ts'
import type { Paint } from './ansi.ts'
import { plainLine } from './ansi.ts'
import { cpuRows } from './cpu-rows.ts'
import { formatBytes, formatFigure, formatShare } from './format.ts'

const NAME_WIDTH = 16
const WIDTHS = [9, 12, 9, 12]

/** Where the CPU time goes, by process: nothing where rep is the only one, for then it is one line elsewhere. */
export function cpuLines(record: RunRecord, paint: Paint): string[] {
  const rows = cpuRows(record).filter(({ kind }) => kind !== 'thread')
  if (rows.length < 2) return []
  const line = (name: string, cells: readonly string[]) =>
    fitted(name) + cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join('')
  const seconds = (value: number | null) =>
    value !== null && value < 10 ? value.toFixed(2) : formatFigure(value)
  return [
    paint.dim(line('process', ['CPU s', 'per 10,000', 'share', 'peak memory'])),
    ...rows.map(({ name, kind, cpuSeconds, perTenThousand, share, peakRssBytes }) => {
      const cells = [seconds(cpuSeconds), seconds(perTenThousand), formatShare(share)]
      const text = line(name, [...cells, formatBytes(peakRssBytes)])
      return kind === 'sum' ? paint.bold(text) : text
    }),
  ]
}

function fitted(name: string): string {
  const plain = plainLine(name)
  return (plain.length < NAME_WIDTH ? plain : `${plain.slice(0, NAME_WIDTH - 2)}…`).padEnd(NAME_WIDTH)
}
