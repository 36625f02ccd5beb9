import { expect, test } from 'vitest'
import { axpby, cosine, dot, isZero, norm, normalise } from '../../../src/domain/vector.ts'

test('dot adds every component, whatever the length', () => {
  for (let length = 0; length < 10; length++) {
    const a = Float32Array.from({ length }, (_, i) => i + 1)
    const expected = a.reduce((sum, value) => sum + value * value, 0)
    expect(dot(a, a)).toBe(expected)
  }
})

test('normalise gives length 1 in place, and leaves zero alone', () => {
  const a = Float32Array.of(3, 4)
  expect(normalise(a)).toBe(a)
  expect(norm(a)).toBeCloseTo(1)
  expect([...normalise(new Float32Array(2))]).toEqual([0, 0])
})

test('axpby scales and adds', () => {
  const y = Float32Array.of(1, 2)
  axpby(2, Float32Array.of(10, 20), 0.5, y)
  expect([...y]).toEqual([20.5, 41])
})

test('cosine is independent of length, and 0 for a zero vector', () => {
  expect(cosine(Float32Array.of(2, 0), Float32Array.of(5, 5))).toBeCloseTo(Math.SQRT1_2)
  expect(cosine(Float32Array.of(2, 0), new Float32Array(2))).toBe(0)
})

test('isZero tells a vector without direction', () => {
  expect(isZero(new Float32Array(3))).toBe(true)
  expect(isZero(Float32Array.of(0, -1e-9, 0))).toBe(false)
})
