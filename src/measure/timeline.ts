import { percentileMs } from './percentiles.ts'
import type { RunMeasurements } from './run-measurements.ts'
import type { MeasureName, TimelineFigures, TimelinePoint } from './run-record.ts'

export interface TimelineParts {
  readonly intervals: RunMeasurements['intervals']
  /** Events that fell due, by second. */
  readonly offered: ReadonlyMap<number, number>
  /** Records waiting in the log by stage, by second. */
  readonly backlog: ReadonlyMap<number, Readonly<Record<string, number>>>
}

/** One point for every second that any of the parts knows, ascending. */
export function timelineOf({ intervals, offered, backlog }: TimelineParts): readonly TimelinePoint[] {
  const bySecond = new Map(intervals.map((interval) => [interval.second, interval]))
  const seconds = new Set([...bySecond.keys(), ...offered.keys(), ...backlog.keys()])
  return [...seconds]
    .sort((a, b) => a - b)
    .map((second) => {
      const measures: Partial<Record<MeasureName, TimelineFigures>> = {}
      for (const [name, histogram] of bySecond.get(second)?.measures ?? []) {
        measures[name] = {
          count: histogram.totalCount,
          p50Ms: percentileMs(histogram, 50),
          p99Ms: percentileMs(histogram, 99),
          maxMs: histogram.maxValue / 1e3,
        }
      }
      const sent = bySecond.get(second)?.sent ?? 0
      return { second, offered: offered.get(second) ?? 0, sent, measures, backlog: backlog.get(second) ?? {} }
    })
}
