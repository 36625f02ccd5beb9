import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editDistance, suggest } from '../../../src/config/suggest.ts'

const word = fc.string({ maxLength: 12 })

test('the distance is 0 for equal words only, and the same both ways', () =>
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b) === 0).toBe(a === b)
      expect(editDistance(a, b)).toBe(editDistance(b, a))
    }),
  ))

test.each([
  ['actoins', 'actions', 1],
  ['warmpu', 'warmup', 1],
  ['tp', 'tps', 1],
  ['sede', 'seed', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
])('%s to %s takes %d edits', (a, b, edits) => expect(editDistance(a, b)).toBe(edits))

test('the nearest candidate is suggested, and none that is far', () => {
  expect(suggest('warmpu', ['drain', 'warmup', 'warm'])).toBe('warmup')
  expect(suggest('Flash-Sale', ['flash-sale'])).toBe('flash-sale')
  expect(suggest('bananas', ['drain', 'warmup'])).toBeUndefined()
  expect(suggest('x', [])).toBeUndefined()
})
