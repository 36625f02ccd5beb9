import { expect, test } from 'vitest'
import type { ObjectiveResult, StageConservation } from '../../../src/measure/run-record.ts'
import { exitOf, verdictOf } from '../../../src/measure/verdict.ts'

const CLEAN = { lost: 0, duplicated: 0, reordered: 0 }
const met: ObjectiveResult = { text: 'x', value: 1, limit: 2, unit: 'ms', met: true }
const missed: ObjectiveResult = { ...met, met: false }
const counts = { stage: 's', in: 1, out: 1, duplicates: 0, deadLettered: 0, rejected: 0, inFlight: 0 }
const balanced: StageConservation = { ...counts, balanced: true }

test.each([
  ['pass', 0, { ledger: CLEAN, valid: true, objectives: [met], conservation: [balanced] }],
  ['fail', 99, { ledger: CLEAN, valid: true, objectives: [met, missed], conservation: [balanced] }],
  [
    'fail',
    99,
    { ledger: CLEAN, valid: true, objectives: [met], conservation: [{ ...balanced, balanced: false }] },
  ],
  ['invalid', 6, { ledger: CLEAN, valid: false, objectives: [missed], conservation: [] }],
  [
    'loss',
    7,
    {
      ledger: CLEAN,
      valid: false,
      objectives: [met],
      conservation: [balanced],
      accounts: [{ of: 'likes', compared: 9, differing: 1, unknown: 0, examples: [] }],
    },
  ],
  ['loss', 7, { ledger: { ...CLEAN, lost: 1 }, valid: false, objectives: [missed], conservation: [] }],
  ['loss', 7, { ledger: { ...CLEAN, duplicated: 1 }, valid: true, objectives: [met], conservation: [] }],
  ['loss', 7, { ledger: { ...CLEAN, reordered: 1 }, valid: true, objectives: [met], conservation: [] }],
] as const)('%s exits %i', (verdict, exit, run) => {
  expect(verdictOf(run)).toBe(verdict)
  expect(exitOf(verdict)).toBe(exit)
})
