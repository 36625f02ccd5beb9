import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCodec } from '../../src/domain/codec.ts'
import { ACTION_TYPES, type InventoryChange, type UserAction } from '../../src/domain/events.ts'
import { RepError } from '../../src/errors/rep-error.ts'

const codec = createCodec()
const text = fc.string({ unit: 'grapheme', maxLength: 80 })
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const time = fc.integer({ min: 0, max: 4e12 })
const double = fc.double({ noNaN: true })

const actions: fc.Arbitrary<UserAction> = fc.record({
  traceId: fc.uuid(),
  userId: text,
  sessionId: text,
  actionType: fc.constantFrom(...ACTION_TYPES),
  timestamp: time,
  productId: optional(text),
  category: optional(text),
  price: optional(double),
  query: optional(text),
  context: optional(
    fc.record({
      page: optional(fc.record({ url: text, referrer: optional(text) })),
      device: optional(fc.record({ type: text })),
      weather: optional(fc.record({ status: text, temperature: double })),
      temporal: optional(fc.record({ timeOfDay: text, dayOfWeek: text })),
      user: optional(fc.record({ loginStatus: text, segment: optional(text) })),
      campaign: optional(fc.record({ utmSource: text, utmCampaign: optional(text) })),
    }),
  ),
  properties: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    text,
    { noNullPrototype: true },
  ),
})

const changes: fc.Arbitrary<InventoryChange> = fc.record({
  traceId: fc.uuid(),
  productId: text,
  kind: fc.constantFrom('PRICE', 'STOCK'),
  previousPrice: optional(double),
  price: optional(double),
  previousStock: optional(fc.integer()),
  stock: optional(fc.integer()),
  timestamp: time,
})

const read = [codec.decodeUserAction, codec.decodeUserActionCore, codec.decodeUserActionFlat]

test('every user action is read back as it was written', () => {
  fc.assert(
    fc.property(actions, (action) => {
      expect(codec.decodeUserAction(codec.encodeUserAction(action))).toEqual(action)
    }),
  )
})

test('partial readers agree with the whole reader', () => {
  fc.assert(
    fc.property(actions, (action) => {
      const bytes = codec.encodeUserAction(action)
      expect(action).toMatchObject({ ...codec.decodeUserActionCore(bytes) })
      expect(action).toMatchObject({ ...codec.decodeUserActionFlat(bytes) })
    }),
  )
})

test('every inventory change is read back as it was written', () => {
  fc.assert(
    fc.property(changes, (change) => {
      expect(codec.decodeInventoryChange(codec.encodeInventoryChange(change))).toEqual(change)
    }),
  )
})

test('no prefix of a record is a record', () => {
  fc.assert(
    fc.property(actions, fc.nat(), (action, cut) => {
      const bytes = codec.encodeUserAction(action)
      for (const decode of read) expect(() => decode(bytes.subarray(0, cut % bytes.length))).toThrow(RepError)
    }),
  )
})

test('damaged bytes are read or refused with REP_CODEC, by every reader alike, and never hang', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(actions, damage, (action, changed) => {
      const bytes = codec.encodeUserAction(action)
      for (const [at, value] of changed) bytes[at % bytes.length] = value
      const refused = read.map((decode) => {
        try {
          decode(bytes)
          return false
        } catch (error) {
          expect(error).toBeInstanceOf(RepError)
          return true
        }
      })
      expect(new Set(refused).size).toBe(1)
    }),
    { numRuns: 2000 },
  )
})
