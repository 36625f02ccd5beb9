import type { Histogram } from 'hdr-histogram-js'

/** Lines for each halving of the distance to 100 %: the resolution that HdrHistogram's plotter expects. */
const TICKS_PER_HALF = 5

/** A histogram (µs) as a percentile distribution in milliseconds, in the format of HdrHistogram's plotter. */
export function renderHgrm(histogram: Histogram): string {
  return histogram.outputPercentileDistribution(TICKS_PER_HALF, 1000)
}
