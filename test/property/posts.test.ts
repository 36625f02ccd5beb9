import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PostWeights } from '../../src/config/scenario.ts'
import { likeStepId } from '../../src/domain/named-event-id.ts'
import { EventBatch } from '../../src/load/event-batch.ts'
import type { Shard } from '../../src/load/event-source.ts'
import type { LikeSteps } from '../../src/load/posts/post-model.ts'
import type { PostRequest } from '../../src/load/posts/post-request.ts'
import { PostSource } from '../../src/load/posts/post-source.ts'
import { userIdOf } from '../../src/load/user-picker.ts'
import { createLedger } from '../../src/measure/ledger.ts'
import { createAliases, LedgerAliases } from '../../src/measure/ledger-aliases.ts'
import { LedgerWriter } from '../../src/measure/ledger-writer.ts'
import { loadScenario } from '../unit/load/scenario-fixture.ts'

interface Taken {
  readonly sequence: number
  readonly dueUs: number
  readonly request: PostRequest
  readonly body: string
}

const weight = fc.integer({ min: 0, max: 20 })
const weights = fc.record({
  view: fc.constant<number>(1),
  click: weight,
  like: weight,
  unlike: weight,
  search: weight,
  recent: weight,
  read: weight,
  list: weight,
})
const scenario = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    users: fc.integer({ min: 1, max: 30 }),
    posts: fc.integer({ min: 1, max: 200 }),
    weights,
  })
  .map(({ seed, users, posts, weights }) => {
    const base = loadScenario({
      seed,
      warmupMs: 100,
      actions: { phases: [{ shape: 'constant', durationMs: 300, rate: 1 }] },
      users: { count: users, hotUsers: 1 },
      catalogue: { posts },
    })
    return { ...base, load: { ...base.load, posts: weights satisfies PostWeights } }
  })

type Given = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function requestsOf(
  given: Given,
  options: { shard?: Shard; steps?: LikeSteps } = {},
): { taken: Taken[]; steps: LikeSteps; told: [string, number][] } {
  const told: [string, number][] = []
  const source = new PostSource(given, { ...options, onStep: (id, sequence) => told.push([id, sequence]) })
  const taken: Taken[] = []
  const batch = new EventBatch(8)
  while (source.peekDueUs() !== Infinity) {
    batch.clear()
    expect(source.fill(batch, source.peekDueUs())).toBe(1)
    const request = batch.request!
    expect(Buffer.from(batch.records[0]!.key).toString()).toBe(userIdOf(request.user))
    taken.push({
      sequence: batch.sequences[0]!,
      dueUs: batch.dueUs[0]!,
      request,
      body: Buffer.from(batch.records[0]!.value).toString(),
    })
  }
  return { taken, steps: source.steps, told }
}

test('the same seed gives the same requests, byte for byte, and another seed others', () =>
  fc.assert(
    fc.property(scenario, (given) => {
      const { taken } = requestsOf(given)
      expect(requestsOf(given).taken).toEqual(taken)
      expect(requestsOf({ ...given, seed: given.seed + 1 }).taken).not.toEqual(taken)
    }),
    { numRuns: 25 },
  ))

test('the union of all shards is the whole', () =>
  fc.assert(
    fc.property(scenario, fc.integer({ min: 2, max: 4 }), (given, shards) => {
      const parts = Array.from({ length: shards }, (_, shard) =>
        requestsOf(given, { shard: { shard, shards } }),
      )
      const union = parts.flatMap(({ taken }) => taken).sort((a, b) => a.sequence - b.sequence)
      expect(union).toEqual(requestsOf(given).taken)
    }),
    { numRuns: 20 },
  ))

test('a like step has the id that the service would give it, and only what changes something has one', () =>
  fc.assert(
    fc.property(scenario, scenario, (first, second) => {
      // The service's side: steps by post and user, over two runs on the same stores.
      const service = new Map<string, number>()
      let steps: LikeSteps = new Map()
      for (const given of [first, second]) {
        const run = requestsOf(given, { steps })
        steps = run.steps
        const ids: [string, number][] = []
        for (const { request, sequence } of run.taken) {
          const { action, post, user, stepId, path } = request
          if (action !== 'like' && action !== 'unlike') {
            expect(stepId).toBeNull()
            continue
          }
          const postId = decodeURIComponent(path.split('/')[3]!)
          const key = `${post} ${user}`
          const before = service.get(key) ?? 0
          if ((before % 2 === 1) === (action === 'like')) expect(stepId).toBeNull()
          else {
            service.set(key, before + 1)
            expect(stepId).toBe(likeStepId({ postId, userId: userIdOf(user) }, before + 1))
            ids.push([stepId!, sequence])
          }
        }
        expect(run.told).toEqual(ids)
      }
    }),
    { numRuns: 25 },
  ))

test('weights of 0 are never asked for, and the others in proportion', () => {
  const base = loadScenario({
    actions: { tps: 20_000 },
    users: { count: 50, hotUsers: 1 },
    catalogue: { posts: 50 },
  })
  const posts = { view: 60, click: 0, like: 20, unlike: 0, search: 20, recent: 0, read: 0, list: 0 }
  const { taken } = requestsOf({ ...base, load: { ...base.load, posts } })
  const share = (action: string) =>
    taken.filter(({ request }) => request.action === action).length / taken.length
  expect(share('view')).toBeCloseTo(0.6, 1)
  expect(share('like')).toBeCloseTo(0.2, 1)
  expect(share('search')).toBeCloseTo(0.2, 1)
  expect(share('view') + share('like') + share('search')).toBe(1)
})

test('aliases: every id that was noted is found with its first number, no other is', () =>
  fc.assert(
    fc.property(
      fc.array(fc.uuid(), { maxLength: 300 }),
      fc.array(fc.uuid(), { maxLength: 50 }),
      (noted, others) => {
        const aliases = new LedgerAliases(createAliases(noted.length))
        noted.forEach((id, sequence) => {
          aliases.add(id, sequence)
        })
        const known = new Set(noted)
        for (const id of known) expect(aliases.find(id)).toBe(noted.indexOf(id))
        for (const id of others) if (!known.has(id)) expect(aliases.find(id)).toBe(-1)
      },
    ),
  ))

test('the ledger counts effects of an alias with the action that it stands for', () => {
  const ledger = createLedger({ seed: 3, streams: { action: { count: 10, stages: ['index'] } }, aliases: 10 })
  const writer = new LedgerWriter(ledger)
  const id = likeStepId({ postId: 'p-1', userId: 'u-1' }, 1)
  const other = likeStepId({ postId: 'p-1', userId: 'u-1' }, 2)
  writer.alias(id, 7)
  // Another thread's view of the same memory.
  const effects = new LedgerWriter(ledger).effects('index')
  expect(effects.applied(id)).toBe(true)
  expect(effects.applied(other)).toBe(false)
  expect(writer.accounts[0]!.effects[0]).toEqual(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 0]))
})
