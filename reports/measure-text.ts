import {
  MEASURES,
  type MeasureName,
  type Percentiles,
  type RunRecord,
  type StageFigures,
} from '../src/measure/run-record.ts'
import { formatCount } from './format.ts'

/** What each measure times, in words; all count from the due time. */
export const MEASURE_TEXT: Readonly<Record<MeasureName, string>> = {
  ack: 'action acknowledged by the event log',
  index: 'action durable in the search index',
  preference: 'preference vector stored',
  freshness: 'a recommendation reflects the action',
  recommend: 'recommendation read answered',
  notify: 'notification delivered',
  posts: 'post, or list of posts, read',
  searches: 'recent searches read',
}

export const VERDICT_WORD = { pass: 'Passed', fail: 'Failed', invalid: 'Invalid', loss: 'Loss' } as const

export type PercentileKey = 'p50Ms' | 'p90Ms' | 'p99Ms' | 'p999Ms' | 'p9999Ms'

/** The percentiles of a record, with the samples that each needs before it is printed. */
export const PERCENTILES: readonly { key: PercentileKey; label: string; share: number; needs: number }[] = [
  { key: 'p50Ms', label: 'p50', share: 0.5, needs: 2 },
  { key: 'p90Ms', label: 'p90', share: 0.9, needs: 10 },
  { key: 'p99Ms', label: 'p99', share: 0.99, needs: 100 },
  { key: 'p999Ms', label: 'p99.9', share: 0.999, needs: 1000 },
  { key: 'p9999Ms', label: 'p99.99', share: 0.9999, needs: 10_000 },
]

/** Measures of a record, in the pipeline's order. */
export function measuresOf(record: RunRecord): { name: MeasureName; figures: StageFigures }[] {
  return MEASURES.flatMap((name) => {
    const figures = record.stages[name]
    return figures === undefined ? [] : [{ name, figures }]
  })
}

/** Why a percentile is a dash; empty where it is a number. */
export function whyMissing(figures: Percentiles, key: PercentileKey): string {
  const { needs, label } = PERCENTILES.find((percentile) => percentile.key === key)!
  if (figures[key] !== null) return ''
  if (figures.count >= needs) return `${label} was not recorded.`
  return `${label} needs at least ${formatCount(needs)} samples; there are ${formatCount(figures.count)}.`
}
