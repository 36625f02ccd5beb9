import { expect, test } from 'vitest'
import { ACTION_TYPES } from '../../../src/domain/events.ts'
import { applyAction, DEFAULT_ACTION_WEIGHTS } from '../../../src/domain/preference.ts'
import { addPurchase, RECENT_PURCHASES } from '../../../src/domain/preference-record.ts'

const x = Float32Array.of(1, 0)
const y = Float32Array.of(0, 1)

test('a first positive action points exactly at the product', () => {
  const p = new Float32Array(2)
  applyAction(p, y, 0.5, 0.5)
  expect([...p]).toEqual([0, 0.25])
})

test('later ones average: (1 - s) p + s v with s = alpha * weight', () => {
  const p = Float32Array.of(1, 0)
  applyAction(p, y, 0.5, 0.5)
  expect([...p]).toEqual([0.75, 0.25])
})

test('a negative action takes away at most what is there', () => {
  const p = Float32Array.of(0.5, 0.1)
  applyAction(p, x, 0.5, -0.5)
  expect(p[0]).toBe(0.25)
  applyAction(p, x, 1, -1)
  expect(p[0]).toBe(0)
  expect(p[1]).toBeCloseTo(0.1)
})

test('a negative action on an empty preference, and a weight of 0, change nothing', () => {
  const p = new Float32Array(2)
  applyAction(p, x, 0.5, -1)
  applyAction(p, x, 0.5, 0)
  expect([...p]).toEqual([0, 0])
})

test('a step beyond 1 is 1: the product alone', () => {
  const p = Float32Array.of(1, 0)
  applyAction(p, y, 0.5, 10)
  expect([...p]).toEqual([0, 1])
})

test('every action type has a default weight; only UNLIKE and REMOVE_FROM_CART push away', () => {
  const negative = ACTION_TYPES.filter((type) => DEFAULT_ACTION_WEIGHTS[type] < 0)
  expect(negative).toEqual(['REMOVE_FROM_CART', 'UNLIKE'])
  expect(ACTION_TYPES.every((type) => Math.abs(DEFAULT_ACTION_WEIGHTS[type]) <= 1)).toBe(true)
})

test('purchases are kept newest first, each once, bounded', () => {
  expect(addPurchase(['a', 'b'], 'b')).toEqual(['b', 'a'])
  let recent: readonly string[] = []
  for (let i = 0; i < 100; i++) recent = addPurchase(recent, `p${i}`)
  expect(recent).toHaveLength(RECENT_PURCHASES)
  expect(recent[0]).toBe('p99')
})
