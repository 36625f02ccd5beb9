import { encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { MeasuredInterval, RunMeasurements } from '../src/measure/run-measurements.ts'
import { MEASURES, type MeasureName } from '../src/measure/run-record.ts'

/**
 * The run as an HdrHistogram interval log, format 1.3: due to done in µs, one line a second and measure, tagged
 * with the measure. Timestamps are seconds since the base time, which is the first interval's start, the warm-up
 * included, because readers skip lines from before it. Interval_Max is in milliseconds.
 */
export function renderHlog(measurements: RunMeasurements): string {
  const first = measurements.intervals[0]?.second ?? 0
  const baseMs = measurements.startedAtEpochMs + first * 1000
  const baseSeconds = (baseMs / 1000).toFixed(3)
  const header = [
    '#[Latency from due time to done, in microseconds, logged by rep]',
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${baseSeconds} (seconds since epoch), ${new Date(baseMs).toISOString()}]`,
    `#[BaseTime: ${baseSeconds} (seconds since epoch)]`,
    ...(first < 0 ? [`#[Warm-up: the first ${-first} seconds are not in the run's figures]`] : []),
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ]
  const lines = measurements.intervals.flatMap((interval) => intervalLines(interval, interval.second - first))
  return `${[...header, ...lines].join('\n')}\n`
}

function intervalLines({ measures }: MeasuredInterval, startSeconds: number): string[] {
  return MEASURES.flatMap((name: MeasureName) => {
    const histogram = measures.get(name)
    if (histogram === undefined || histogram.totalCount === 0) return []
    const max = (histogram.maxValue / 1000).toFixed(3)
    return [`Tag=${name},${startSeconds.toFixed(3)},1.000,${max},${encodeIntoCompressedBase64(histogram)}`]
  })
}
