import type { MeasureName, TimelineFigures, TimelinePoint } from '../src/measure/run-record.ts'

/** More points than this are not told apart on a page. */
const MOST_POINTS = 300

export interface Timeline {
  readonly points: readonly TimelinePoint[]
  /** Seconds that one point stands for. */
  readonly step: number
}

/**
 * The timeline with at most 300 points. Longer runs are grouped: rates are averaged, percentiles and backlogs
 * are those of the worst second, because percentiles cannot be averaged.
 */
export function condenseTimeline(points: readonly TimelinePoint[]): Timeline {
  const step = Math.max(1, Math.ceil(points.length / MOST_POINTS))
  if (step === 1) return { points, step }
  const groups: TimelinePoint[] = []
  for (let i = 0; i < points.length; i += step) groups.push(merge(points.slice(i, i + step)))
  return { points: groups, step }
}

function merge(group: readonly TimelinePoint[]): TimelinePoint {
  const first = group[0]!
  const mean = (pick: (point: TimelinePoint) => number) =>
    Math.round(group.reduce((sum, point) => sum + pick(point), 0) / group.length)
  const measures: Partial<Record<MeasureName, TimelineFigures>> = {}
  for (const point of group)
    for (const [name, figures] of Object.entries(point.measures))
      measures[name as MeasureName] = worse(measures[name as MeasureName], figures)
  const backlog: Record<string, number> = {}
  for (const point of group)
    for (const [stage, waiting] of Object.entries(point.backlog))
      backlog[stage] = Math.max(backlog[stage] ?? 0, waiting)
  return {
    second: first.second,
    offered: mean((point) => point.offered),
    sent: mean((point) => point.sent),
    measures: measures as TimelinePoint['measures'],
    backlog,
  }
}

function worse(a: TimelineFigures | undefined, b: TimelineFigures): TimelineFigures {
  if (a === undefined) return b
  return {
    count: a.count + b.count,
    p50Ms: larger(a.p50Ms, b.p50Ms),
    p99Ms: larger(a.p99Ms, b.p99Ms),
    maxMs: Math.max(a.maxMs, b.maxMs),
  }
}

function larger(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}
