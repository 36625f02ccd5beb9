import type { RunRecord } from '../src/measure/run-record.ts'
import { textTable } from './text-table.ts'

/** Past runs as a table for the terminal. */
export function reportTable(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'No runs yet. Start one with: rep simulate'
  const rows = runs.map((run) => [
    run.id,
    run.partial ? `${run.verdict} (partial)` : run.verdict,
    `${Math.round(run.load.achievedTps).toLocaleString('en')}/s`,
    run.stages.freshness?.p99Ms == null ? '–' : `${run.stages.freshness.p99Ms.toFixed(1)} ms`,
    run.startedAt.replace('T', ' ').slice(0, 19),
  ])
  const table = [['RUN', 'VERDICT', 'RATE', 'FRESHNESS P99', 'STARTED (UTC)'], ...rows]
  return textTable(table)
}
