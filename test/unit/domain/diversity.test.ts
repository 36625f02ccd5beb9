import { expect, test } from 'vitest'
import { diversify } from '../../../src/domain/diversity.ts'
import { normalise } from '../../../src/domain/vector.ts'

const of = (score: number, ...vector: number[]) => ({ score, vector: normalise(Float32Array.from(vector)) })

// Two near twins of high score, and one that differs.
const candidates = [of(0.9, 1, 0), of(0.89, 1, 0.01), of(0.5, 0, 1)]

test('without diversity it is the order of scores', () => {
  expect(diversify([of(0.1, 1, 0), ...candidates], 4, 0)).toEqual([1, 2, 3, 0])
})

test('with diversity the twin of what was picked comes after what differs', () => {
  expect(diversify(candidates, 2, 0.5)).toEqual([0, 2])
  expect(diversify(candidates, 3, 0.5)).toEqual([0, 2, 1])
})

test('with full diversity relevance plays no part after the tie of the first', () => {
  expect(diversify(candidates, 2, 1)).toEqual([0, 2])
})

test('picks each candidate once and no more than there are', () => {
  expect(diversify(candidates, 10, 0.3).toSorted()).toEqual([0, 1, 2])
  expect(diversify([], 3, 0.3)).toEqual([])
  expect(diversify(candidates, 0, 0.3)).toEqual([])
})
