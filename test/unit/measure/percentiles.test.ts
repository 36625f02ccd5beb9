import { expect, test } from 'vitest'
import { newHistogram } from '../../../src/measure/latency-histogram.ts'
import { percentilesOf, percentileUs, samplesNeeded } from '../../../src/measure/percentiles.ts'

test('a percentile needs one sample beyond it', () => {
  expect([50, 90, 95, 99, 99.9, 99.99].map(samplesNeeded)).toEqual([2, 10, 20, 100, 1000, 10000])
})

test('p99 appears with the hundredth sample', () => {
  const histogram = newHistogram()
  histogram.recordValueWithCount(1000, 99)
  expect(percentilesOf(histogram).p99Ms).toBeNull()
  histogram.recordValue(1000)
  expect(percentilesOf(histogram).p99Ms).toBe(1)
})

test('no samples give nulls, not zeros', () => {
  expect(percentilesOf(newHistogram())).toEqual({
    count: 0,
    p50Ms: null,
    p90Ms: null,
    p99Ms: null,
    p999Ms: null,
    p9999Ms: null,
    maxMs: null,
    meanMs: null,
  })
})

test('figures of a known distribution', () => {
  const histogram = newHistogram()
  for (let us = 1; us <= 10_000; us++) histogram.recordValue(us * 100)
  const figures = percentilesOf(histogram)
  expect(figures.count).toBe(10_000)
  expect(figures.p50Ms).toBeCloseTo(500, 0)
  expect(figures.p99Ms! / 990).toBeCloseTo(1, 3)
  expect(figures.p9999Ms! / 999.9).toBeCloseTo(1, 3)
  expect(figures.maxMs).toBe(1000)
  expect(figures.meanMs! / 500.05).toBeCloseTo(1, 3)
})

test('a percentile never exceeds the largest sample', () => {
  const histogram = newHistogram()
  histogram.recordValueWithCount(1_000_001, 200)
  expect(percentileUs(histogram, 99)).toBe(1_000_001)
})
