import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseShard, shardName } from '../../src/config/parse-shard.ts'
import { generateCatalogue } from '../../src/load/catalogue.ts'
import { isFirst, isOwn, type Shard } from '../../src/load/event-source.ts'
import { listEvents } from '../../src/load/list-events.ts'
import { loadScenario } from '../unit/load/scenario-fixture.ts'

const shards = fc.integer({ min: 1, max: 9 })
const threads = fc.integer({ min: 1, max: 5 })

/** Every thread of every process of a sharded run. */
function members(count: number, each: number): Shard[] {
  return Array.from({ length: count * each }, (_, i) => ({
    shard: i % each,
    shards: each,
    within: { shard: Math.floor(i / each), shards: count },
  }))
}

test('every user is one thread’s of one process, whatever the numbers of both; the process does not depend on its threads', () =>
  fc.assert(
    fc.property(shards, threads, (count, each) => {
      const all = members(count, each)
      for (let user = 0; user < 150; user++) {
        const owners = all.filter((shard) => isOwn(user, shard))
        expect(owners).toHaveLength(1)
        expect(isOwn(user, owners[0]!.within!)).toBe(true)
      }
      expect(all.filter(isFirst)).toEqual([all[0]])
    }),
    { numRuns: 40 },
  ))

test('users are dealt evenly: in every round of shards times threads, each thread gets one user', () =>
  fc.assert(
    fc.property(shards, threads, (count, each) => {
      const round = count * each
      for (const shard of members(count, each)) {
        for (let from = 0; from < 4 * round; from += round) {
          const users = Array.from({ length: round }, (_, i) => from + i)
          expect(users.filter((user) => isOwn(user, shard))).toHaveLength(1)
        }
      }
    }),
    { numRuns: 40 },
  ))

test('the events of all shards together are the events of the whole run, byte for byte', () =>
  fc.assert(
    fc.property(shards, fc.integer({ min: 0, max: 2 ** 31 - 1 }), (count, seed) => {
      const scenario = loadScenario({ seed, users: { count: 50, hotUsers: 1 } })
      const products = generateCatalogue(scenario.catalogue, seed)
      const line = ({
        dueUs,
        topic,
        key,
        bytes,
      }: ReturnType<typeof listEvents> extends Generator<infer E> ? E : never) =>
        `${dueUs} ${topic} ${key} ${Buffer.from(bytes).toString('hex')}`
      const whole = [...listEvents(scenario, { products })].map(line)
      const parts = Array.from({ length: count }, (_, shard) =>
        [...listEvents(scenario, { products, shard: { shard, shards: count } })].map(line),
      )
      expect(parts.flat().sort()).toEqual([...whole].sort())
      const inventory = (part: readonly string[]) =>
        part.some((text) => text.includes('product.inventory.v1'))
      expect(parts.slice(1).some(inventory)).toBe(false)
    }),
    { numRuns: 15 },
  ))

test('a shard is read as it is written, and nothing else is one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (a, b) => {
      const shard = { index: Math.min(a, b), of: Math.max(a, b) }
      expect(parseShard(shardName(shard))).toEqual(shard)
    }),
  )
  for (const text of ['', '2', '0/3', '4/3', '1/0', '1/1001', '-1/2', '1/2/3', 'a/b'])
    expect(() => parseShard(text), text).toThrow(/1\/N|I\/N/)
})
