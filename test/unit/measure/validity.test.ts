import { expect, test } from 'vitest'
import { newHistogram } from '../../../src/measure/latency-histogram.ts'
import { invalidReasons } from '../../../src/measure/validity.ts'

const limits = { scheduleLagP99Ms: 5, eventLoopP99Ms: 50 }

function lagging(us: number, count: number) {
  const histogram = newHistogram()
  if (count > 0) histogram.recordValueWithCount(us, count)
  return histogram
}

function reasons(options: { lagUs?: number; count?: number; loopMs?: number | null; sent?: number }) {
  const { lagUs = 100, count = 1000, loopMs = 1, sent = 1000 } = options
  const eventLoops = [{ name: 'load-0', p99Ms: loopMs }]
  return invalidReasons({ limits, scheduleLag: lagging(lagUs, count), eventLoops, offered: 1000, sent })
}

test('a generator in time is valid, also right at its limits', () => {
  expect(reasons({})).toEqual([])
  expect(reasons({ lagUs: 5000, loopMs: 50, sent: 990 })).toEqual([])
  expect(reasons({ loopMs: null })).toEqual([])
})

test('each reason is a sentence with its figures', () => {
  expect(reasons({ lagUs: 12_340, loopMs: 80, sent: 900 })).toEqual([
    'The schedule lag p99 was 12.3 ms; at most 5 ms are allowed: events left late.',
    'The event loop of load-0 was delayed by 80.0 ms at p99; at most 50 ms are allowed: the thread was starved.',
    'Of 1000 events of the schedule only 900 (90.0 %) were sent; 99 % are needed.',
  ])
})

test('with too few events for a p99, every one must be in time', () => {
  expect(reasons({ lagUs: 6000, count: 10 })[0]).toContain('largest schedule lag was 6.00 ms')
  expect(reasons({ count: 0 })).toEqual([])
})
