import { expect, test } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatFigure,
  formatLimitMs,
  formatMs,
  formatRate,
  joinWords,
  plural,
} from '../../../reports/format.ts'
import { percentileLabel } from '../../../reports/svg-percentiles.ts'
import { decadeTicks, logDomain, pathOf, roundTicks } from '../../../reports/svg-scale.ts'
import { condenseTimeline } from '../../../reports/timeline-points.ts'
import { storedRecord } from './records.ts'

test.each([
  [null, '–'],
  [0, '0 ms'],
  [0.0421, '0.042 ms'],
  [4.214, '4.21 ms'],
  [42.14, '42.1 ms'],
  [421.4, '421 ms'],
  [999.7, '1.000 s'],
  [1843, '1.84 s'],
  [125_000, '125 s'],
])('%s ms is written %s', (ms, text) => {
  expect(formatMs(ms)).toBe(text)
})

test('figures, limits, rates, bytes, times and words read as one would write them', () => {
  expect(formatFigure(123_456)).toBe('123,456')
  expect(formatFigure(Number.NaN)).toBe('–')
  expect([formatLimitMs(250), formatLimitMs(1000), formatLimitMs(1500)]).toEqual(['250 ms', '1 s', '1.5 s'])
  expect([formatRate(9999.6), formatRate(0.25), formatRate(0)]).toEqual(['10,000/s', '0.25/s', '0/s'])
  expect([formatBytes(null), formatBytes(512), formatBytes(812 * 2 ** 20)]).toEqual(['–', '512 B', '812 MiB'])
  expect([formatDuration(1500), formatDuration(60_000), formatDuration(125_000)]).toEqual([
    '1.5 s',
    '60 s',
    '2 min 5 s',
  ])
  expect([plural(1, 'event'), plural(2, 'event')]).toEqual(['1 event', '2 events'])
  expect([joinWords([]), joinWords(['a']), joinWords(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c'])
})

test('axes: domains hold their values, ticks lie within, percentiles have their names', () => {
  expect(logDomain([2.5, 80])).toEqual({ from: 1, to: 100 })
  expect(logDomain([])).toEqual({ from: 0.1, to: 1000 })
  expect(decadeTicks({ from: 1, to: 300 })).toEqual([1, 10, 100])
  expect(roundTicks({ from: -5, to: 60 }, 4)).toEqual([0, 20, 40, 60])
  expect([0, 1, 2, 3, 4, 5].map(percentileLabel)).toEqual(['min', 'p90', 'p99', 'p99.9', 'p99.99', 'p99.999'])
})

test('a missing point breaks a line instead of bridging it', () => {
  expect(pathOf([{ x: 0, y: 1 }, { x: 1, y: 1 }, null, { x: 3, y: 1 }])).toBe('M0 1h0L1 1M3 1h0')
})

test('a long timeline is grouped by its worst seconds and keeps its events', () => {
  const [point] = storedRecord('pass').timeline
  const points = Array.from({ length: 900 }, (_, second) => ({
    ...point!,
    second,
    measures: { ack: { count: 10, p50Ms: 1, p99Ms: second % 3 === 1 ? 50 : null, maxMs: second } },
  }))
  const { points: grouped, step } = condenseTimeline(points)
  expect([grouped.length, step]).toEqual([300, 3])
  expect(grouped[1]).toMatchObject({
    second: 3,
    measures: { ack: { count: 30, p50Ms: 1, p99Ms: 50, maxMs: 5 } },
  })
})
