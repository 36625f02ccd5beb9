import { expect, test } from 'vitest'
import { evaluateObjectives, type JudgedRun } from '../../../src/measure/evaluate-objectives.ts'
import { newHistogram } from '../../../src/measure/latency-histogram.ts'
import { parseObjectives } from '../../../src/measure/parse-objective.ts'
import type { LedgerRecord } from '../../../src/measure/run-record.ts'

const CLEAN: LedgerRecord = {
  acknowledged: 1000,
  failed: 0,
  indeterminate: 0,
  processed: 1000,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  dlq: 0,
  unseen: 0,
  clean: true,
  examples: [],
}

function run(
  options: { us?: number; count?: number; failed?: number; achievedTps?: number } = {},
): JudgedRun {
  const { us = 1000, count = 1000, failed = 0, achievedTps = 1000 } = options
  const dueToDone = newHistogram()
  if (count > 0) dueToDone.recordValueWithCount(us, count)
  return {
    measurements: { measures: new Map([['ack', { dueToDone, sendToDone: newHistogram(), failed }]]) },
    load: { offered: 10_000, sent: 10_000, failed, achievedTps, measuredMs: 10_000 },
    ledger: CLEAN,
  }
}

function judge(line: string, judged: JudgedRun) {
  return evaluateObjectives(parseObjectives([line]), judged)[0]!
}

test('a figure at its limit is the operator’s to decide', () => {
  expect(judge('ack p99 < 1ms', run()).met).toBe(false)
  expect(judge('ack p99 <= 1ms', run()).met).toBe(true)
  expect(judge('rate > 100%', run()).met).toBe(false)
  expect(judge('rate >= 100%', run()).met).toBe(true)
})

test('the result has the value in the limit’s unit', () => {
  expect(judge('ack p99 < 1s', run({ us: 250_000 }))).toEqual({
    text: 'ack p99 < 1s',
    value: 250,
    limit: 1000,
    unit: 'ms',
    met: true,
  })
  expect(judge('rate >= 900/s', run({ achievedTps: 950 }))).toMatchObject({
    value: 950,
    unit: '/s',
    met: true,
  })
  expect(judge('rate >= 99%', run({ achievedTps: 950 }))).toMatchObject({ value: 95, unit: '%', met: false })
})

test('too few samples do not meet a percentile', () => {
  const result = judge('ack p99.9 < 1s', run({ count: 999 }))
  expect(result).toMatchObject({ value: null, met: false, reason: 'p99.9 needs 1000 samples, there are 999' })
})

test('a measure without a sample meets nothing', () => {
  expect(judge('freshness p50 < 1s', run())).toMatchObject({ value: null, met: false })
  expect(judge('ack max < 1s', run({ count: 0, failed: 7 }))).toMatchObject({ value: null, met: false })
})

test('what failed counts as slower than every sample', () => {
  expect(judge('ack p99 < 1s', run({ count: 990, failed: 10 })).met).toBe(true)
  expect(judge('ack p99 < 1s', run({ count: 989, failed: 11 }))).toMatchObject({ value: null, met: false })
  expect(judge('ack max < 1s', run({ failed: 1 })).met).toBe(false)
  expect(judge('ack mean < 1s', run({ failed: 1 })).met).toBe(true)
})

test('errors are a share of what was attempted', () => {
  expect(judge('errors < 0.1%', run({ failed: 10 }))).toMatchObject({ value: 0.1, met: false })
  expect(judge('ack errors < 50%', run({ count: 60, failed: 40 }))).toMatchObject({ value: 40, met: true })
  expect(judge('notify errors < 50%', run())).toMatchObject({ value: null, met: false })
})

test('the ledger speaks for itself', () => {
  const dirty = { ...run(), ledger: { ...CLEAN, lost: 2, unseen: 1, clean: false } }
  expect(judge('ledger clean', run())).toMatchObject({ met: true, value: 1, unit: 'bool' })
  expect(judge('ledger clean', dirty)).toMatchObject({ met: false, value: 0, reason: '2 lost, 1 unseen' })
  expect(judge('lost == 0', dirty)).toMatchObject({ met: false, value: 2, unit: 'events' })
  expect(judge('lost <= 2', dirty).met).toBe(true)
})
