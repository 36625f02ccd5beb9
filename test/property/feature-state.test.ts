import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_FEATURES } from '../../src/domain/features/default-definitions.ts'
import { type FeatureEvent, MOST_WINDOW_EVENTS } from '../../src/domain/features/definitions.ts'
import { EncodedEvents } from '../../src/domain/features/encoded-events.ts'
import { referenceFeatures } from '../../src/domain/features/reference.ts'
import { featuresOf } from '../../src/domain/features/user-features.ts'
import { forgetEvents, insertEvent, newUserState, settleUser } from '../../src/domain/features/user-state.ts'
import { decodeUserState, encodeUserState } from '../../src/domain/features/user-state-codec.ts'
import { Arena } from '../../src/kernel/arena.ts'
import { START_MS } from '../fixtures/features/arbitrary-events.ts'

const event = fc.record({
  traceId: fc.uuid(),
  timestamp: fc.integer({ min: START_MS, max: START_MS + 1000 }),
  actionType: fc.constantFrom('VIEW' as const, 'PURCHASE' as const),
  productId: fc.option(fc.string({ unit: 'grapheme' })),
  category: fc.option(fc.string({ unit: 'binary' })),
  price: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 })),
})
/** What a settlement does to the events: drops the first, and adds some at a place before the end. */
const change = fc.record({
  drop: fc.nat({ max: 12 }),
  add: fc.array(event, { maxLength: 6 }),
  before: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 4 })),
})

test('a state that keeps the bytes of its events is stored as one that encodes them all', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.nat({ max: 3000 }), (changes, size) => {
      const state = newUserState(DEFAULT_FEATURES)
      const memory = { events: new EncodedEvents(), arena: new Arena(size) }
      for (const [version, { drop, add, before }] of changes.entries()) {
        state.events.splice(0, drop)
        state.events.splice(Math.max(0, state.events.length - before), 0, ...add)
        memory.arena.reset()
        const bytes = Buffer.from(encodeUserState(state, version, memory))
        expect(bytes.equals(encodeUserState(state, version))).toBe(true)
        expect(decodeUserState(bytes, DEFAULT_FEATURES.patterns.length)).toEqual({ state, version })
      }
    }),
  )
})

test('states in one arena do not overlap, whether they fit or not', () => {
  const arena = new Arena(1000)
  const written = Array.from({ length: 8 }, (_, i) => arena.reserve(300).fill(i))
  for (const [i, bytes] of written.entries()) expect([...new Set(bytes)]).toEqual([i])
})

test('a state of the format before is refused', () => {
  const bytes = Buffer.concat([
    Buffer.alloc(8),
    Buffer.from(JSON.stringify({ f: 1, o: 1, a: 1, w: 1, l: 0, e: [], n: 0, r: [], s: null, p: [{}, {}] })),
  ])
  expect(() => decodeUserState(bytes, 2)).toThrow(expect.objectContaining({ code: 'REP_CODEC' }))
})

/** Every second, in the order of time, and now and then a session later. */
function manyEvents(count: number): FeatureEvent[] {
  const types = ['VIEW', 'CLICK', 'IMPRESSION', 'VIEW', 'PURCHASE'] as const
  let timestamp = START_MS
  return Array.from({ length: count }, (_, i) => {
    timestamp += i % 700 === 699 ? 40 * 60_000 : 1000
    const product = (i * 7919) % 61
    return {
      traceId: `t${String(i).padStart(6, '0')}`,
      timestamp,
      actionType: types[i % types.length]!,
      productId: i % 9 === 0 ? null : `p${product}`,
      category: i % 11 === 0 ? null : `c${product % 4}`,
      price: i % 13 === 0 ? null : product / 7,
    }
  })
}

test('features equal the reference also of who does more than the windows look at', () => {
  const events = manyEvents(2 * MOST_WINDOW_EVENTS)
  const state = newUserState(DEFAULT_FEATURES)
  for (const [i, one] of events.entries()) {
    insertEvent(state, one, Number.NEGATIVE_INFINITY)
    if (i % 50 !== 0) continue
    // Some of the events are not settled yet.
    const watermarkMs = one.timestamp - 20_000
    settleUser(DEFAULT_FEATURES, state, watermarkMs)
    forgetEvents(DEFAULT_FEATURES, state)
    expect(featuresOf(DEFAULT_FEATURES, state)).toEqual(
      referenceFeatures(DEFAULT_FEATURES, events.slice(0, i + 1), { asOfMs: state.asOfMs, watermarkMs }),
    )
  }
  expect(state.events.length).toBeLessThan(MOST_WINDOW_EVENTS + 50)
})
