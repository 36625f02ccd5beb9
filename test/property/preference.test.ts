import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyAction } from '../../src/domain/preference.ts'
import { emptyPreference, foldAction, type PreferenceStep } from '../../src/domain/preference-fold.ts'
import {
  decodePreference,
  encodePreference,
  type PreferenceRecord,
  RECENT_PURCHASES,
} from '../../src/domain/preference-record.ts'
import { dot, norm, normalise } from '../../src/domain/vector.ts'

const DIMS = 7
const component = fc.float({ min: -1, max: 1, noNaN: true })
const vectors = fc
  .array(component, { minLength: DIMS, maxLength: DIMS })
  .map((values) => normalise(Float32Array.from(values)))
  .filter((vector) => Math.abs(norm(vector) - 1) < 1e-3)
const weights = fc.double({ min: -1, max: 1, noNaN: true })
const alphas = fc.double({ min: 0, max: 1, noNaN: true })

const steps: fc.Arbitrary<PreferenceStep[]> = fc
  .array(
    fc.record({
      traceId: fc.uuid(),
      weight: weights,
      vector: fc.option(vectors),
      purchasedId: fc.option(fc.string({ maxLength: 5 })),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map((step, i) => ({ ...step, partition: 3, offset: 100 + 2 * i })))

const fresh = () => emptyPreference(new Float32Array(DIMS))

/** As if read from the store: with its own vector. */
function stored(record: PreferenceRecord): PreferenceRecord {
  const copy = decodePreference(encodePreference(record))
  return { ...copy, vector: copy.vector.slice() }
}

test('folding a batch equals applying one action at a time and storing each, bit for bit', () => {
  fc.assert(
    fc.property(steps, alphas, (list, alpha) => {
      const batch = fresh()
      let single = fresh()
      for (const step of list) {
        foldAction(batch, step, alpha)
        foldAction(single, step, alpha)
        single = stored(single)
      }
      expect(encodePreference(batch)).toEqual(encodePreference(single))
    }),
  )
})

test('actions delivered again, in any split, change nothing', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (list, cut) => {
      const once = fresh()
      for (const step of list) expect(foldAction(once, step, 0.3)).toBe(true)
      const bytes = encodePreference(once)
      for (const step of list.slice(cut % (list.length + 1))) expect(foldAction(once, step, 0.3)).toBe(false)
      expect(encodePreference(once)).toEqual(bytes)
    }),
  )
})

test('a preference is never longer than 1', () => {
  fc.assert(
    fc.property(steps, alphas, (list, alpha) => {
      const record = fresh()
      for (const step of list) foldAction(record, step, alpha)
      expect(norm(record.vector)).toBeLessThan(1 + 1e-3)
    }),
  )
})

test('a positive action turns the preference towards the product, a negative one away and not beyond a right angle', () => {
  fc.assert(
    fc.property(vectors, vectors, fc.double({ min: 0.01, max: 1, noNaN: true }), (p, v, weight) => {
      const towards = p.slice()
      applyAction(towards, v, 0.3, weight)
      const away = p.slice()
      applyAction(away, v, 0.3, -weight)
      const before = dot(p, v)
      if (norm(towards) > 1e-3) expect(dot(towards, v) / norm(towards)).toBeGreaterThan(before - 1e-3)
      if (before > 1e-3) {
        expect(dot(away, v)).toBeLessThan(before)
        expect(dot(away, v)).toBeGreaterThan(-1e-5)
      } else if (before <= 0) expect(away).toEqual(p)
    }),
  )
})

test('every record is read back as it was written', () => {
  const records: fc.Arbitrary<PreferenceRecord> = fc.record({
    offset: fc.maxSafeNat().filter((offset) => offset < Number.MAX_SAFE_INTEGER),
    partition: fc.integer({ min: 0, max: 0xffff }),
    actionCount: fc.integer({ min: 0, max: 0xffffffff }),
    updatedAtMs: fc.integer({ min: 0, max: 4e12 }),
    lastTraceId: fc.uuid(),
    vector: fc.array(component, { maxLength: 50 }).map((values) => Float32Array.from(values)),
    recentPurchases: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: RECENT_PURCHASES }),
  })
  fc.assert(
    fc.property(records, fc.nat({ max: 8 }), (record, shift) => {
      const bytes = encodePreference(record)
      const shifted = new Uint8Array(bytes.length + shift)
      shifted.set(bytes, shift)
      const read = decodePreference(shifted.subarray(shift))
      expect(read).toEqual(record)
      const vector = new Float32Array(record.vector.length).fill(7)
      const into = decodePreference(shifted.subarray(shift), vector)
      expect(into).toEqual(record)
      expect(into.vector).toBe(vector)
      expect(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)).toBe(
        BigInt(record.offset) + 1n,
      )
    }),
  )
})

test('no prefix of a record is a record', () => {
  const record = { ...fresh(), recentPurchases: ['a', 'bc'] }
  const bytes = encodePreference(record)
  for (let cut = 0; cut < bytes.length; cut++)
    expect(() => decodePreference(bytes.subarray(0, cut))).toThrow()
})
