import { plainLine } from './ansi.ts'
import { textTable } from './text-table.ts'

export interface BadEventRow {
  readonly id: string
  readonly sender: string
  readonly status: number
  readonly receivedAt: string
  readonly reason: string
  readonly requests?: number
}

/** Bad events as a table for the terminal. */
export function badEventTable(rows: readonly BadEventRow[]): string {
  if (rows.length === 0) return 'No bad events.'
  const table = [
    ['EVENT', 'SENDER', 'STATUS', 'RECEIVED (UTC)', 'REQUESTS', 'REASON'],
    ...rows.map(({ id, sender, status, receivedAt, requests = 1, reason }) => [
      id,
      plainLine(sender),
      String(status),
      receivedAt.replace('T', ' ').slice(0, 19),
      String(requests),
      plainLine(reason),
    ]),
  ]
  return textTable(table)
}
