import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration, parseRate } from '../../../src/config/units.ts'

test.each([
  ['20s', 20_000],
  ['200ms', 200],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['24h', 86_400_000],
  ['2d', 172_800_000],
  ['500us', 0.5],
  ['0s', 0],
])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms, 9))

test.each(['', '20', 's', '-3s', '3 s', '3sec', '1e3s', 's3'])('“%s” is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'REP_USAGE' }))
})

test('parsing a formatted duration gives the same duration', () =>
  fc.assert(fc.property(fc.nat(10 ** 9), (ms) => parseDuration(formatDuration(ms)) === ms)))

test.each([
  ['10000', 10_000],
  ['10_000', 10_000],
  ['10k', 10_000],
  ['0.5M', 500_000],
  ['10k/s', 10_000],
  ['90/min', 1.5],
  ['3600/h', 1],
  ['.5', 0.5],
])('%s is %d per second', (text, rate) => expect(parseRate(text)).toBe(rate))

test.each(['', 'k', '-1', '10 k', '10kk', '10/day', '1e3'])('“%s” is no rate', (text) => {
  expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'REP_USAGE' }))
})
