import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentIds } from '../../src/kernel/recent-ids.ts'

/** What it should do, by a list. */
class Reference {
  readonly #capacity: number
  readonly #ring: (number | null)[] = []
  constructor(capacity: number) {
    this.#capacity = capacity
  }
  add(id: number): boolean {
    if (this.#ring.includes(id)) return false
    this.#ring.push(id)
    if (this.#ring.length > this.#capacity) this.#ring.shift()
    return true
  }
  delete(id: number): void {
    const at = this.#ring.indexOf(id)
    if (at >= 0) this.#ring[at] = null
  }
}

test('it knows the last ids and no others, whatever is added and forgotten', () => {
  const step = fc.record({ id: fc.nat(40), forget: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 300 }), (capacity, steps) => {
      const ids = new RecentIds(capacity)
      const reference = new Reference(capacity)
      for (const { id, forget } of steps) {
        // Few distinct words, so that hashes meet.
        ids.id.set([id & 1, (id >> 1) & 1, (id >> 2) & 1, id >> 3])
        if (forget) {
          ids.delete()
          reference.delete(id)
        } else expect(ids.add()).toBe(reference.add(id))
      }
    }),
  )
})
