import { expect, test } from 'vitest'
import { backoffMs } from '../../../src/kernel/backoff.ts'

const limits = { baseMs: 100, maxMs: 1000 }

test('doubles from the base to the cap', () => {
  const longest = () => 1 - Number.EPSILON
  expect([0, 1, 2, 3, 4, 50].map((attempt) => Math.round(backoffMs(attempt, limits, longest)))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ])
})

test('spreads over the upper half', () => {
  expect(backoffMs(2, limits, () => 0)).toBe(200)
  expect(backoffMs(2, limits, () => 0.5)).toBe(300)
})
