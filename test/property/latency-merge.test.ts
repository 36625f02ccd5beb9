import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencyCounts, mergeCounts, type SparseCounts } from '../../src/measure/latency-counts.ts'
import { newHistogram, toHistogram } from '../../src/measure/latency-histogram.ts'
import { percentilesOf, samplesNeeded } from '../../src/measure/percentiles.ts'

const latencyUs = () =>
  fc.oneof(
    fc.nat(3000),
    fc.nat(2 ** 31 - 1),
    fc.maxSafeNat().map((n) => n % 2 ** 42),
  )
const latencies = () => fc.array(latencyUs(), { maxLength: 60 })

function counted(values: readonly number[]): SparseCounts {
  const counts = new LatencyCounts()
  for (const value of values) counts.record(value)
  return counts.toSparse()
}

test('merging histograms is commutative', () => {
  fc.assert(
    fc.property(latencies(), latencies(), (a, b) => {
      expect(mergeCounts([counted(a), counted(b)])).toEqual(mergeCounts([counted(b), counted(a)]))
    }),
  )
})

test('merging histograms is associative, and the same as recording everything in one', () => {
  fc.assert(
    fc.property(latencies(), latencies(), latencies(), (a, b, c) => {
      const left = mergeCounts([mergeCounts([counted(a), counted(b)]), counted(c)])
      const right = mergeCounts([counted(a), mergeCounts([counted(b), counted(c)])])
      expect(left).toEqual(right)
      expect(left).toEqual(counted([...a, ...b, ...c]))
    }),
  )
})

test('counts become the histogram that hdr-histogram-js itself would have recorded', () => {
  fc.assert(
    fc.property(latencies(), (values) => {
      const histogram = toHistogram(counted(values))
      const reference = newHistogram()
      for (const value of values) reference.recordValue(value)
      expect(histogram.totalCount).toBe(reference.totalCount)
      expect(histogram.maxValue).toBe(reference.maxValue)
      expect(histogram.minNonZeroValue).toBe(reference.minNonZeroValue)
      for (const p of [0, 25, 50, 90, 99, 100]) {
        expect(histogram.getValueAtPercentile(p)).toBe(reference.getValueAtPercentile(p))
      }
    }),
  )
})

test('no percentile is given from too few samples, and every one from enough', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12_000 }), latencyUs(), (count, valueUs) => {
      const histogram = newHistogram()
      if (count > 0) histogram.recordValueWithCount(valueUs, count)
      const figures = percentilesOf(histogram)
      const given = [figures.p50Ms, figures.p90Ms, figures.p99Ms, figures.p999Ms, figures.p9999Ms]
      const needed = [50, 90, 99, 99.9, 99.99].map(samplesNeeded)
      expect(given.map((figure) => figure !== null)).toEqual(needed.map((least) => count >= least))
    }),
  )
})
