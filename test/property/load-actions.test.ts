import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCodec, LOCAL_SCHEMA_IDS } from '../../src/domain/codec.ts'
import type { Product } from '../../src/domain/events.ts'
import { Random } from '../../src/kernel/random.ts'
import { type ActionScenario, ActionSource, type SourceOptions } from '../../src/load/action-source.ts'
import { generateCatalogue } from '../../src/load/catalogue.ts'
import { EventBatch } from '../../src/load/event-batch.ts'
import { ProductPicker } from '../../src/load/product-picker.ts'
import { zipfWeights } from '../../src/load/zipf.ts'
import { loadScenario } from '../unit/load/scenario-fixture.ts'

interface Event {
  readonly sequence: number
  readonly dueUs: number
  readonly key: string
  readonly bytes: string
}

/** All events of a source, pulled in batches of changing sizes and time steps. */
function eventsOf(
  scenario: ActionScenario,
  options: SourceOptions,
  pull = { batch: 500, stepUs: 7e5 },
): Event[] {
  const source = new ActionSource(scenario, options)
  const batch = new EventBatch(pull.batch, 0, 256)
  const events: Event[] = []
  for (let untilUs = 0; source.peekDueUs() !== Infinity; untilUs += pull.stepUs) {
    while (source.peekDueUs() <= untilUs) {
      batch.clear()
      source.fill(batch, untilUs)
      batch.records.forEach(({ key, value }, i) => {
        events.push({
          sequence: batch.sequences[i]!,
          dueUs: batch.dueUs[i]!,
          key: Buffer.from(key).toString(),
          bytes: Buffer.from(value).toString('hex'),
        })
      })
    }
  }
  return events
}

const scenario = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    users: fc.integer({ min: 1, max: 400 }),
    zipf: fc.double({ min: 0, max: 1.5, noNaN: true }),
    hotShare: fc.constantFrom(0, 0.3),
    dayParting: fc.constantFrom(
      null,
      Array.from({ length: 24 }, (_, hour) => hour),
    ),
    products: fc.integer({ min: 1, max: 300 }),
  })
  .map(({ seed, users, zipf, hotShare, dayParting, products }) =>
    loadScenario({
      seed,
      warmupMs: 100,
      actions: { phases: [{ shape: 'constant', durationMs: 300, rate: 1 }] },
      users: { count: users, zipf, hotShare, hotUsers: 1, dayParting },
      catalogue: { products, zipf, hotShare },
    }),
  )

test('the union of all shards is the whole, byte for byte, for any number of shards', () =>
  fc.assert(
    fc.property(scenario, fc.integer({ min: 2, max: 7 }), (given, shards) => {
      const products = generateCatalogue(given.catalogue, given.seed)
      const parts = Array.from({ length: shards }, (_, shard) =>
        eventsOf(given, { products, shard: { shard, shards } }),
      )
      const union = parts.flat().sort((a, b) => a.sequence - b.sequence)
      expect(union).toEqual(eventsOf(given, { products }))
      const owners = new Map<string, number>()
      parts.forEach((part, shard) => {
        for (const { key } of part) {
          expect(owners.get(key) ?? shard).toBe(shard)
          owners.set(key, shard)
        }
      })
    }),
    { numRuns: 30 },
  ))

test('events do not depend on how they are pulled, and sequence numbers have no gap', () =>
  fc.assert(
    fc.property(
      scenario,
      fc.record({ batch: fc.integer({ min: 1, max: 64 }), stepUs: fc.integer({ min: 1000, max: 400_000 }) }),
      (given, pull) => {
        const products = generateCatalogue(given.catalogue, given.seed)
        const events = eventsOf(given, { products }, pull)
        expect(events).toEqual(eventsOf(given, { products }))
        expect(events.every(({ sequence }, i) => sequence === i)).toBe(true)
      },
    ),
    { numRuns: 30 },
  ))

test('another seed gives other events', () =>
  fc.assert(
    fc.property(scenario, (given) => {
      const products = generateCatalogue(given.catalogue, given.seed)
      const bytes = (seed: number) => eventsOf({ ...given, seed }, { products }).map((event) => event.bytes)
      expect(bytes(given.seed)).not.toEqual(bytes(given.seed + 1))
    }),
    { numRuns: 20 },
  ))

const anyProduct: fc.Arbitrary<Product> = fc.record({
  id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }),
  name: fc.string({ unit: 'grapheme', maxLength: 120 }),
  category: fc.string({ unit: 'grapheme', maxLength: 90 }),
  description: fc.constant(''),
  price: fc.double({ min: 0, max: 1e9, noNaN: true }),
  stock: fc.nat(),
})

test('what the encoder writes is what the codec writes for the same action, whatever the products are called', () =>
  fc.assert(
    fc.property(
      scenario,
      fc.uniqueArray(anyProduct, { minLength: 1, maxLength: 20, selector: ({ id }) => id }),
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      (given, products, id) => {
        const schemaIds = { ...LOCAL_SCHEMA_IDS, 'user.action.v1-value': [1, 2, id + 3] }
        const codec = createCodec(schemaIds)
        for (const { bytes } of eventsOf(given, { products, schemaIds })) {
          const action = codec.decodeUserAction(Buffer.from(bytes, 'hex'))
          expect(Buffer.from(codec.encodeUserAction(action)).toString('hex')).toBe(bytes)
        }
      },
    ),
    { numRuns: 30 },
  ))

test('products are picked by Zipf, also through the favourite categories of users', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.double({ min: 0, max: 1.3, noNaN: true }),
      (seed, zipf) => {
        const products = generateCatalogue({ products: 60, categories: 5 }, seed)
        const picker = new ProductPicker(products, { zipf, hotShare: 0 })
        const random = new Random(seed, 'test')
        const draws = 40_000
        const counts = { any: new Float64Array(60), favourite: new Float64Array(60) }
        for (let i = 0; i < draws; i++) {
          counts.any[picker.any(random.u32(), random.u32())]!++
          const category = picker.favourite(random.u32(), random.u32())
          counts.favourite[picker.within(category, random.u32(), random.u32())]!++
        }
        const weights = zipfWeights(60, zipf)
        const sum = weights.reduce((a, b) => a + b, 0)
        for (const list of [counts.any, counts.favourite]) {
          list.forEach((count, rank) => {
            const share = weights[rank]! / sum
            expect(Math.abs(count / draws - share)).toBeLessThan(6 * Math.sqrt((share * (1 - share)) / draws))
          })
        }
      },
    ),
    { numRuns: 12 },
  ))
