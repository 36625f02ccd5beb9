import { expect, test } from 'vitest'
import { hashNumber, hashWord, Random } from '../../../src/kernel/random.ts'

const first = (seed: number, stream: string) => {
  const random = new Random(seed, stream)
  return Array.from({ length: 8 }, () => random.u32())
}

test('numbers follow from seed and stream', () => {
  expect(first(7, 'a')).toEqual(first(7, 'a'))
  expect(first(7, 'a')).not.toEqual(first(7, 'b'))
  expect(first(7, 'a')).not.toEqual(first(8, 'a'))
})

test('numbers stay what they are in every version of rep: recorded seeds depend on them', () => {
  expect(first(7, 'action').slice(0, 3)).toMatchInlineSnapshot(`
    [
      2403028957,
      2747030741,
      966947524,
    ]
  `)
  expect([hashNumber(7, 1), hashNumber(7, 2), hashWord(7, 'user')]).toMatchInlineSnapshot(`
    [
      4124349433,
      962497833,
      374683182,
    ]
  `)
})

test('units are uniform and exponentials have mean 1', () => {
  const random = new Random(3, 'test')
  const draws = 100_000
  const tenths = new Float64Array(10)
  let sum = 0
  for (let i = 0; i < draws; i++) {
    tenths[Math.floor(random.unit() * 10)]!++
    sum += random.exponential()
  }
  for (const count of tenths) expect(count / draws).toBeCloseTo(0.1, 2)
  expect(sum / draws).toBeCloseTo(1, 1)
})
