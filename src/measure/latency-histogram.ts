import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import { bucketValueUs, mergeCounts, type SparseCounts } from './latency-counts.ts'

/** An empty histogram of µs: 3 significant digits, resizing, 64-bit counts (32-bit ones wrap silently). */
export function newHistogram(highestUs = 2): Histogram {
  return build({
    bitBucketSize: 64,
    autoResize: true,
    numberOfSignificantValueDigits: 3,
    highestTrackableValue: Math.max(2, highestUs),
  })
}

/** The counts as an HdrHistogram of µs, with the exact largest and smallest non-zero value. */
export function toHistogram(counts: SparseCounts): Histogram {
  const histogram = newHistogram(counts.maxUs)
  const last = counts.indexes.length - 1
  for (let i = 0; i <= last; i++) {
    // The lowest value of the lowest bucket in use could be below the smallest recorded.
    const lowestUs = bucketValueUs(counts.indexes[i]!)
    const valueUs = lowestUs === 0 ? 0 : Math.max(lowestUs, counts.minNonZeroUs)
    const exactMax = i === last && counts.maxUs !== valueUs
    const count = counts.counts[i]! - (exactMax ? 1 : 0)
    if (count > 0) histogram.recordValueWithCount(valueUs, count)
    if (exactMax) histogram.recordValue(counts.maxUs)
  }
  return histogram
}

/** Several counts merged into one histogram. */
export function mergedHistogram(parts: readonly SparseCounts[]): Histogram {
  return toHistogram(mergeCounts(parts))
}

/** Base64 of HdrHistogram's compressed V2 encoding. Its largest value comes back rounded up within 0.1 %. */
export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram)
}
