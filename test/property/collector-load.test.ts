import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCodec } from '../../src/domain/codec.ts'
import { type ActionScenario, ActionSource } from '../../src/load/action-source.ts'
import { generateCatalogue } from '../../src/load/catalogue.ts'
import { EventBatch } from '../../src/load/event-batch.ts'
import type { EventSource } from '../../src/load/event-source.ts'
import { GatheredSource, type GatherOptions } from '../../src/load/gathered-source.ts'
import { senderOf } from '../../src/load/sender-of.ts'
import { readClickEvent } from '../../src/stages/collect/read-click-event.ts'
import { loadScenario } from '../unit/load/scenario-fixture.ts'

const scenario = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    users: fc.integer({ min: 1, max: 60 }),
    products: fc.integer({ min: 1, max: 80 }),
  })
  .map(({ seed, users, products }) =>
    loadScenario({
      seed,
      warmupMs: 100,
      actions: { phases: [{ shape: 'constant', durationMs: 300, rate: 1 }] },
      users: { count: users, hotUsers: 1 },
      catalogue: { products },
    }),
  )
const gathering = fc.record({
  senders: fc.integer({ min: 1, max: 9 }),
  batch: fc.integer({ min: 1, max: 12 }),
  waitUs: fc.integer({ min: 0, max: 80_000 }),
})

interface Sent {
  readonly sequence: number
  readonly dueUs: number
  readonly readyUs: number
  readonly key: string
  readonly value: string
}

/** The batches of a source, pulled in steps of time. */
function batchesOf(source: EventSource, capacity: number, stepUs: number): Sent[][] {
  const batches: Sent[][] = []
  for (let untilUs = 0; source.peekDueUs() !== Infinity; untilUs += stepUs) {
    while (source.peekDueUs() <= untilUs) {
      const batch = new EventBatch(capacity, 0, 64)
      const dueUs = source.peekDueUs()
      expect(source.fill(batch, untilUs)).toBe(batch.count)
      batches.push(
        batch.records.map(({ key, value }, i) => {
          if (batch.readyUs > 0) expect(batch.readyUs).toBe(dueUs)
          return {
            sequence: batch.sequences[i]!,
            dueUs: batch.dueUs[i]!,
            readyUs: batch.readyUs,
            key: Buffer.from(key).toString(),
            value: Buffer.from(value).toString(),
          }
        }),
      )
    }
  }
  return batches
}

function events(given: ActionScenario, format: 'avro' | 'json'): EventSource {
  return new ActionSource(given, { products: generateCatalogue(given.catalogue, given.seed), format })
}

function gathered(given: ActionScenario, options: GatherOptions, stepUs = 7e5): Sent[][] {
  return batchesOf(new GatheredSource(events(given, 'json'), options), options.batch, stepUs)
}

test('the collector reads from a posted action exactly what the event log would have got', () =>
  fc.assert(
    fc.property(scenario, (given) => {
      const codec = createCodec()
      const avro = new EventBatch(1000)
      const json = new EventBatch(1000)
      events(given, 'avro').fill(avro, Infinity)
      events(given, 'json').fill(json, Infinity)
      expect(json.count).toBe(avro.count)
      json.records.forEach(({ key, value }, i) => {
        const click: unknown = JSON.parse(Buffer.from(value).toString())
        const reading = readClickEvent(click, { pointer: '', receivedMs: 2e12, skewMs: 0 })
        if (reading.kind !== 'action') throw new Error(JSON.stringify(reading))
        expect(Buffer.from(key).toString()).toBe(reading.action.userId)
        expect(codec.encodeUserAction(reading.action)).toEqual(Buffer.from(avro.records[i]!.value))
      })
    }),
    { numRuns: 40 },
  ))

test('gathering neither loses nor repeats an event, and keeps due times and each user’s order', () =>
  fc.assert(
    fc.property(scenario, gathering, (given, options) => {
      const batches = gathered(given, options)
      const plain = batchesOf(events(given, 'json'), 1000, 7e5).flat()
      const bare = batches.flat().map(({ readyUs: _, ...event }) => event)
      expect([...bare].sort((a, b) => a.sequence - b.sequence)).toEqual(
        plain.map(({ readyUs: _, ...event }) => event),
      )
      const latest = new Map<string, number>()
      for (const { key, sequence } of bare) {
        expect(sequence).toBeGreaterThan(latest.get(key) ?? -1)
        latest.set(key, sequence)
      }
    }),
    { numRuns: 40 },
  ))

test('a batch is one sender’s, no larger than asked for, and waits no longer than asked for', () =>
  fc.assert(
    fc.property(scenario, gathering, (given, options) => {
      let lastUs = 0
      for (const batch of gathered(given, options)) {
        const { readyUs } = batch[0]!
        expect(batch.length).toBeLessThanOrEqual(options.batch)
        expect(new Set(batch.map(({ key }) => senderOf(Buffer.from(key), options.senders))).size).toBe(1)
        expect(readyUs).toBeGreaterThanOrEqual(batch.at(-1)!.dueUs)
        expect(readyUs - batch[0]!.dueUs).toBeLessThanOrEqual(options.waitUs)
        if (batch.length === options.batch) expect(readyUs).toBe(batch.at(-1)!.dueUs)
        else expect(readyUs).toBe(batch[0]!.dueUs + options.waitUs)
        expect(readyUs).toBeGreaterThanOrEqual(lastUs)
        lastUs = readyUs
      }
    }),
    { numRuns: 40 },
  ))

test('the same seed gives the same requests, byte for byte, however late they are taken', () =>
  fc.assert(
    fc.property(scenario, gathering, fc.integer({ min: 500, max: 400_000 }), (given, options, stepUs) => {
      const values = (batches: Sent[][]) => batches.map((batch) => batch.map(({ value }) => value))
      expect(values(gathered(given, options, stepUs))).toEqual(values(gathered(given, options)))
    }),
    { numRuns: 30 },
  ))
