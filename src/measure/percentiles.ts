import type { Histogram } from 'hdr-histogram-js'
import type { Percentiles } from './run-record.ts'

/**
 * The fewest samples from which a percentile is given: as many as make one sample lie beyond it on average,
 * n = 100 / (100 - p). So p50 from 2, p90 from 10, p99 from 100, p99.9 from 1,000, p99.99 from 10,000: with
 * fewer, the "percentile" would only be the maximum under another name.
 */
export function samplesNeeded(percentile: number): number {
  return Math.ceil(100 / (100 - percentile) - 1e-6)
}

/**
 * The value, µs, that `percentile` percent of the samples do not exceed; null with too few samples. It is the
 * upper end of its bucket (at most 0.1 % too high), but never above the largest sample.
 */
export function percentileUs(histogram: Histogram, percentile: number): number | null {
  if (histogram.totalCount < samplesNeeded(percentile)) return null
  return Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue)
}

/** Figures in ms of a histogram of µs. The mean takes each sample at the middle of its bucket: within 0.05 %. */
export function percentilesOf(histogram: Histogram): Percentiles {
  const empty = histogram.totalCount === 0
  return {
    count: histogram.totalCount,
    p50Ms: percentileMs(histogram, 50),
    p90Ms: percentileMs(histogram, 90),
    p99Ms: percentileMs(histogram, 99),
    p999Ms: percentileMs(histogram, 99.9),
    p9999Ms: percentileMs(histogram, 99.99),
    maxMs: empty ? null : histogram.maxValue / 1e3,
    meanMs: empty ? null : histogram.mean / 1e3,
  }
}

/** As `percentileUs`, in ms. */
export function percentileMs(histogram: Histogram, percentile: number): number | null {
  const valueUs = percentileUs(histogram, percentile)
  return valueUs === null ? null : valueUs / 1e3
}
