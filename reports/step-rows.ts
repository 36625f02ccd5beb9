import type { RunRecord, StepRecord } from '../src/measure/run-record.ts'
import { formatCount, formatFigure, formatRate } from './format.ts'
import { MEASURE_TEXT, VERDICT_WORD } from './measure-text.ts'

/** The steps of a run as a table: one row each, latencies as p50 and p99 in ms of each measure that any step has. */
export interface StepTable {
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Null for a run without steps. */
export function stepTable({ steps = [] }: RunRecord): StepTable | null {
  if (steps.length === 0) return null
  const measures = (Object.keys(MEASURE_TEXT) as (keyof StepRecord['stages'])[]).filter((name) =>
    steps.some(({ stages }) => stages[name] !== undefined),
  )
  const heads = [
    'posts',
    'seeded/s',
    'rate',
    ...measures.flatMap((name) => [`${name} p50`, 'p99']),
    'verdict',
  ]
  const rows = steps.map((step) => [
    formatCount(step.posts),
    formatFigure(step.seedMs > 0 ? (step.seeded * 1e3) / step.seedMs : null),
    formatRate(step.load.achievedTps),
    ...measures.flatMap((name) => {
      const figures = step.stages[name]
      return [formatFigure(figures?.p50Ms ?? null), formatFigure(figures?.p99Ms ?? null)]
    }),
    VERDICT_WORD[step.verdict],
  ])
  return { heads, rows }
}
