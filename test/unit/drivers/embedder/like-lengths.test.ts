import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partsOf } from '../../../../src/drivers/embedder/transformers/like-lengths.ts'

test.each([
  { lengths: [], parts: [] },
  { lengths: [5], parts: [[0]] },
  // Six tokens of padding are as good as another part, a seventh is not.
  { lengths: [10, 4], parts: [[1, 0]] },
  { lengths: [11, 4], parts: [[1], [0]] },
  { lengths: [8, 7, 9, 8, 30], parts: [[1, 0, 3, 2], [4]] },
])('texts of $lengths tokens are computed as $parts', ({ lengths, parts }) => {
  expect(partsOf(lengths)).toEqual(parts)
})

test('every text is in one part, and no part has more padding than another part would cost', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 40 }), (lengths) => {
      const parts = partsOf(lengths)
      expect(parts.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i))
      for (const part of parts) {
        const own = part.map((at) => lengths[at]!)
        const padding = own.length * Math.max(...own) - own.reduce((sum, length) => sum + length, 0)
        expect(padding).toBeLessThanOrEqual(6)
      }
    }),
  )
})
