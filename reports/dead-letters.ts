import { plainLine } from './ansi.ts'
import { textTable } from './text-table.ts'

export interface DeadLetterRow {
  readonly id: string
  readonly stage: string
  readonly reason: string
  readonly original: string
  readonly at: string
}

/** Dead letters as a table for the terminal. */
export function deadLetterTable(rows: readonly DeadLetterRow[]): string {
  if (rows.length === 0) return 'No dead letters.'
  const table = [
    ['LETTER', 'STAGE', 'ORIGINAL', 'AT (UTC)', 'REASON'],
    ...rows.map(({ id, stage, original, at, reason }) => [
      id,
      stage,
      original,
      at.replace('T', ' ').slice(0, 19),
      plainLine(reason),
    ]),
  ]
  return textTable(table)
}
