import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue } from '../../../src/kernel/due-queue.ts'

test('a key is due at the earliest time it was given, once', () => {
  const queue = new DueQueue()
  queue.add('a', 5)
  queue.add('a', 9)
  queue.add('b', 7)
  queue.add('b', 3)
  queue.add('never', Number.POSITIVE_INFINITY)
  expect(queue.next).toBe(3)
  expect(queue.take(5, 10)).toEqual(['b'])
  expect(queue.take(100, 10)).toEqual(['a'])
  expect(queue.size).toBe(0)
  expect(queue.next).toBe(Number.POSITIVE_INFINITY)
})

test('keys come out in the order of their times, whatever was added and taken before', () => {
  const step = fc.record({ key: fc.constantFrom(...'abcdef'), at: fc.nat({ max: 20 }), take: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const queue = new DueQueue()
      const model = new Map<string, number>()
      for (const { key, at, take } of steps) {
        queue.add(key, at)
        model.set(key, Math.min(at, model.get(key) ?? at))
        if (!take) continue
        const taken = queue.take(10, 2)
        const due = [...model].filter(([, time]) => time < 10).map(([, time]) => time)
        expect(taken.map((name) => model.get(name))).toEqual(due.toSorted((a, b) => a - b).slice(0, 2))
        for (const name of taken) model.delete(name)
      }
      expect(queue.size).toBe(model.size)
    }),
  )
})
