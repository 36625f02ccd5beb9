import { expect, test } from 'vitest'
import { AliasTable } from '../../../src/kernel/alias-table.ts'
import { Random } from '../../../src/kernel/random.ts'

test('draws indexes in proportion to their weights', () => {
  const weights = Float64Array.of(5, 0, 1, 2, 2)
  const table = new AliasTable(weights)
  const random = new Random(1, 'test')
  const draws = 200_000
  const counts = new Float64Array(weights.length)
  for (let i = 0; i < draws; i++) counts[table.at(random.u32(), random.u32())]!++
  weights.forEach((weight, i) => {
    expect(counts[i]! / draws).toBeCloseTo(weight / 10, 2)
  })
  expect(counts[1]).toBe(0)
})

test('refuses weights that have no sum', () => {
  expect(() => new AliasTable(new Float64Array(3))).toThrow(/positive/)
  expect(() => new AliasTable(Float64Array.of(1, Infinity))).toThrow(/finite/)
})
