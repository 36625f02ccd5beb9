import { expect, test } from 'vitest'
import {
  bucketIndex,
  bucketValueUs,
  LatencyCounts,
  mergeCounts,
} from '../../../src/measure/latency-counts.ts'
import { newHistogram, toHistogram } from '../../../src/measure/latency-histogram.ts'

test('buckets are contiguous and never wider than 0.1 % of their values', () => {
  for (let index = 0; index < 40 * 1024; index++) {
    const lowest = bucketValueUs(index)
    expect(bucketIndex(lowest)).toBe(index)
    const next = bucketValueUs(index + 1)
    expect(bucketIndex(next - 1)).toBe(index)
    expect(next - lowest).toBeLessThanOrEqual(Math.max(1, lowest / 1000))
  }
})

test('a zero, a fraction of a microsecond and an hour are all kept', () => {
  const counts = new LatencyCounts()
  for (const value of [0, 0.4, -0.2, 3.6e9, 2 ** 40 + 3]) counts.record(value)
  const histogram = toHistogram(counts.toSparse())
  expect(histogram.totalCount).toBe(5)
  expect(histogram.maxValue).toBe(2 ** 40 + 3)
  expect(histogram.getValueAtPercentile(60)).toBe(0)
  expect(histogram.minNonZeroValue).toBe(3.6e9)
})

test('a latency that is not a number is an error, not a sample', () => {
  expect(() => new LatencyCounts().record(Number.NaN)).toThrow(/due or done time is missing/)
})

test('the exact largest value survives merging with a smaller range', () => {
  const small = new LatencyCounts()
  small.record(7)
  const large = new LatencyCounts()
  large.record(1_234_567)
  const merged = toHistogram(mergeCounts([small.toSparse(), large.toSparse()]))
  expect(merged.maxValue).toBe(1_234_567)
  expect(merged.minNonZeroValue).toBe(7)
  expect(merged.totalCount).toBe(2)
})

test('cleared counts are empty counts', () => {
  const counts = new LatencyCounts()
  counts.record(5)
  counts.clear()
  expect(counts.toSparse()).toEqual(new LatencyCounts().toSparse())
})

test('an empty histogram stands for no samples', () => {
  const histogram = toHistogram(new LatencyCounts().toSparse())
  expect(histogram.totalCount).toBe(0)
  expect(histogram.maxValue).toBe(newHistogram().maxValue)
})
