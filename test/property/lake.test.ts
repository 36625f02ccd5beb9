import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { compactLake } from '../../src/app/lake/compact-lake.ts'
import { createCodec } from '../../src/domain/codec.ts'
import { hourOf } from '../../src/domain/lake/lake-layout.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { formatTraceId } from '../../src/domain/trace-id.ts'
import type { ObjectStore } from '../../src/ports/object-store.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { openLakeStage } from '../../src/stages/lake/lake-stage.ts'
import type { StageCounters } from '../../src/stages/stage.ts'
import { rowsOfAllFiles, rowsOfCurrentFiles, type SeenRow } from '../fixtures/lake.ts'

const codec = createCodec()
const WRITES = ['put', 'putIfAbsent', 'delete', 'commit']
const START_MS = Date.parse('2026-11-21T21:59:59.990Z')

class Crash extends Error {}

interface Trouble {
  /** Writes until it happens; null for none. */
  readonly afterWrites: number | null
  /** Whether the last of them is done. */
  readonly done: boolean
  /** It does not die but sleeps, and goes on writing when it is woken. */
  readonly sleeps: boolean
}

const NO_TROUBLE: Trouble = { afterWrites: null, done: false, sleeps: false }

/** Ends, or holds up, whoever writes: at its n-th write, counted over all that it wraps. */
class Fragile {
  readonly asleep = Promise.withResolvers<void>()
  readonly #awake = Promise.withResolvers<void>()
  readonly #trouble: Trouble
  #left: number
  #dead = false

  constructor(trouble: Trouble) {
    this.#trouble = trouble
    this.#left = trouble.afterWrites ?? Number.POSITIVE_INFINITY
  }

  wake(): void {
    this.#awake.resolve()
  }

  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value = Reflect.get(object, name, object) as unknown
        if (typeof value !== 'function') return value
        if (!WRITES.includes(String(name))) return value.bind(object)
        return async (...args: unknown[]) => {
          const hits = --this.#left === 0
          if (this.#dead) throw new Crash()
          if (hits && !this.#trouble.done) await this.#strike()
          const result = (await value.apply(object, args)) as unknown
          if (hits && this.#trouble.done) await this.#strike()
          return result
        }
      },
    })
  }

  async #strike(): Promise<void> {
    if (!this.#trouble.sleeps) {
      this.#dead = true
      throw new Crash()
    }
    this.asleep.resolve()
    await this.#awake.promise
  }
}

interface Run {
  readonly kind: 'run'
  readonly rollRows: number
  readonly batchRecords: number
  readonly trouble: Trouble
}
type Step =
  | { readonly kind: 'append'; readonly events: readonly Event[] }
  | Run
  | { readonly kind: 'compact'; readonly trouble: Trouble }
  | { readonly kind: 'wake' }

interface Event {
  readonly partition: 0 | 1
  /** Event time in half hours after the start; null: no calendar has it; 'broken': no event at all. */
  readonly at: number | null | 'broken'
}

const event: fc.Arbitrary<Event> = fc.record({
  partition: fc.constantFrom<0 | 1>(0, 1),
  at: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(null, 'broken' as const) },
  ),
})
const trouble = fc.record<Trouble>({
  afterWrites: fc.option(fc.integer({ min: 1, max: 14 })),
  done: fc.boolean(),
  sleeps: fc.boolean(),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      events: fc.array(event, { maxLength: 25 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('run' as const),
      rollRows: fc.integer({ min: 1, max: 12 }),
      batchRecords: fc.integer({ min: 1, max: 9 }),
      trouble,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const), trouble }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'wake' }) },
)

let directories: string[] = []
afterEach(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
  directories = []
})

/** A log, a lake, and whoever writes into it. */
class World {
  readonly stack: Stack
  readonly place: string
  readonly store: ObjectStore
  readonly expected: SeenRow[] = []
  readonly #sleepers: { readonly fragile: Fragile; readonly work: Promise<unknown> }[] = []
  #sequence = 0
  /** Whether somebody slept, or a merge broke off: then more than rep's names may be seen for a while. */
  untidy = false

  constructor(stack: Stack, place: string, store: ObjectStore) {
    this.stack = stack
    this.place = place
    this.store = store
  }

  async step(step: Step): Promise<void> {
    if (step.kind === 'append') await this.append(step.events)
    else if (step.kind === 'wake') await this.wake()
    else {
      if (step.trouble.sleeps || step.kind === 'compact') this.untidy ||= step.trouble.afterWrites !== null
      const fragile = new Fragile(step.trouble)
      const work = step.kind === 'run' ? this.run(step, fragile) : compactLake(fragile.wrap(this.store))
      const ended = work.catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error
      })
      const slept = fragile.asleep.promise.then(() => 'asleep')
      if ((await Promise.race([ended, slept])) === 'asleep') this.#sleepers.push({ fragile, work })
    }
  }

  async append(events: readonly Event[]): Promise<void> {
    if (events.length === 0) return
    const records = events.map(({ partition, at }) => {
      const traceId = formatTraceId(START_MS, 7, this.#sequence++)
      const timestamp = at === null || at === 'broken' ? 9e15 : START_MS + at * 1_800_000
      const action = { traceId, userId: `u${partition}`, sessionId: 's', actionType: 'VIEW' as const }
      const value = codec.encodeUserAction({ ...action, timestamp, properties: {} })
      return { traceId, timestamp, partition, value: at === 'broken' ? value.subarray(0, 9) : value, at }
    })
    const { offsets } = await this.stack.log.append(
      USER_ACTION,
      records.map(({ partition, value }) => ({ key: Uint8Array.of(1), partition, value, dueUs: 0 })),
    )
    for (const [i, { at, traceId, partition, timestamp }] of records.entries())
      if (at !== 'broken')
        this.expected.push({ partition, offset: offsets[i]!, traceId, hour: hourOf(timestamp) })
    this.expected.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  }

  /** Runs the stage on all that the log holds, and lets it end well unless trouble comes. */
  async run(
    { rollRows, batchRecords }: Omit<Run, 'trouble' | 'kind'>,
    fragile: Fragile,
  ): Promise<StageCounters> {
    const { log } = this.stack
    const consumers: { close(): Promise<void> }[] = []
    const stack: Stack = {
      ...this.stack,
      openObjects: async (place) => fragile.wrap(await this.stack.openObjects(place)),
      log: new Proxy(log, {
        get: (object, name) => {
          const value = Reflect.get(object, name, object) as unknown
          if (name !== 'consume') return typeof value === 'function' ? value.bind(object) : value
          return async (options: Parameters<typeof log.consume>[0]) => {
            const consumer = await log.consume(options)
            consumers.push(consumer)
            return fragile.wrap(consumer)
          }
        },
      }),
    }
    // Whoever sleeps loses its partitions: the group goes on without it.
    const lost = fragile.asleep.promise.then(() => Promise.all(consumers.map((consumer) => consumer.close())))
    const context = {
      stack,
      observer: { done: () => undefined, known: () => undefined },
      log: () => undefined,
    }
    const lake = { enabled: true, where: this.place, rollRows, rollBytes: 1e9, rollAgeMs: 1e9, batchRecords }
    const work = async () => {
      const { stage, consumer } = await openLakeStage(context, { lake })
      for (;;) {
        const batch = await consumer.poll(5)
        if (batch.length === 0) break
        await stage.handle(batch)
      }
      await stage.close()
      await consumer.close()
      return stage.counters
    }
    const running = work()
    // A crash closes nothing; the test lets the group know, as its timeout would.
    running.catch(() => Promise.all(consumers.map((consumer) => consumer.close())))
    await Promise.race([lost, running.catch(() => undefined)])
    return running
  }

  /** Whoever sleeps goes on with what it was about to write. */
  async wake(): Promise<void> {
    for (const { fragile } of this.#sleepers) fragile.wake()
    await Promise.allSettled(this.#sleepers.map(({ work }) => work))
    this.#sleepers.length = 0
  }

  /** However it looks now, rep's readers see no row twice and none that is not in the log. */
  async checkNoneTwice(): Promise<void> {
    const seen = (await rowsOfCurrentFiles(this.store)).map((row) => JSON.stringify(row))
    expect(new Set(seen).size).toBe(seen.length)
    const known = new Set(this.expected.map((row) => JSON.stringify(row)))
    expect(seen.filter((row) => !known.has(row))).toEqual([])
    if (!this.untidy)
      expect((await rowsOfAllFiles(this.store)).map((row) => JSON.stringify(row))).toEqual(seen)
  }
}

async function inWorld(play: (world: World) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'rep-lake-'))
  directories.push(directory)
  const stack = await openEmbeddedStack({ dataDir: join(directory, 'stack'), dims: 8 })
  const place = join(directory, 'lake')
  const store = await stack.openObjects(place)
  try {
    await stack.log.ensureTopics(TOPICS)
    await play(new World(stack, place, store))
  } finally {
    await store.close()
    await stack.close()
  }
}

async function survives(steps: readonly Step[]): Promise<void> {
  await inWorld(async (world) => {
    for (const step of steps) {
      await world.step(step)
      await world.checkNoneTwice()
    }
    await world.wake()
    await world.run({ rollRows: 5, batchRecords: 7 }, new Fragile(NO_TROUBLE))
    expect(await rowsOfCurrentFiles(world.store)).toEqual(world.expected)
    if (!world.untidy) expect(await rowsOfAllFiles(world.store)).toEqual(world.expected)
    await compactLake(world.store)
    expect(await rowsOfCurrentFiles(world.store)).toEqual(world.expected)
    expect(await rowsOfAllFiles(world.store)).toEqual(world.expected)
  })
}

test('whatever crashes, sleeps or is merged, every reader sees each event once, in its hour', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 9 }), survives), { numRuns: 60 })
}, 300_000)

test('a crash, or a sleep, at any write of a run over two rolls of two hours, and other cuts afterwards', async () => {
  const events: Event[] = Array.from({ length: 14 }, (_, i) => ({ partition: (i % 2) as 0 | 1, at: i % 3 }))
  for (let afterWrites = 1; afterWrites <= 16; afterWrites++)
    for (const done of [false, true])
      for (const sleeps of [false, true])
        await survives([
          { kind: 'append', events },
          { kind: 'run', rollRows: 4, batchRecords: 8, trouble: { afterWrites, done, sleeps } },
          { kind: 'append', events: events.slice(0, 5) },
          { kind: 'run', rollRows: 7, batchRecords: 3, trouble: { afterWrites: 3, done, sleeps: false } },
          { kind: 'compact', trouble: NO_TROUBLE },
        ])
}, 300_000)

test('a crash at any write of a merge; the next stage to start makes all readers right again', async () => {
  const events: Event[] = Array.from({ length: 12 }, (_, i) => ({ partition: (i % 2) as 0 | 1, at: 0 }))
  for (let afterWrites = 1; afterWrites <= 9; afterWrites++)
    for (const done of [false, true])
      await inWorld(async (world) => {
        await world.append(events)
        await world.run({ rollRows: 1, batchRecords: 1 }, new Fragile(NO_TROUBLE))
        await world.step({ kind: 'compact', trouble: { afterWrites, done, sleeps: false } })
        expect(await rowsOfCurrentFiles(world.store)).toEqual(world.expected)
        await world.run({ rollRows: 1, batchRecords: 1 }, new Fragile(NO_TROUBLE))
        expect(await rowsOfAllFiles(world.store)).toEqual(world.expected)
      })
})

test('offsets that the group lost do not double what is in the lake', async () => {
  await inWorld(async (world) => {
    await world.append(Array.from({ length: 20 }, (_, i) => ({ partition: (i % 2) as 0 | 1, at: i % 3 })))
    await world.run({ rollRows: 3, batchRecords: 4 }, new Fragile(NO_TROUBLE))
    const { log } = world.stack
    const again = { ...world.stack, log: new Proxy(log, { get: anotherGroup(log) }) }
    const other = new World(again, world.place, world.store)
    await other.run({ rollRows: 5, batchRecords: 6 }, new Fragile(NO_TROUBLE))
    expect(await rowsOfAllFiles(world.store)).toEqual(world.expected)
  })
})

/** The log for somebody whose group has committed nothing. */
function anotherGroup(log: Stack['log']) {
  return (object: Stack['log'], name: string | symbol): unknown => {
    if (name === 'consume')
      return (options: Parameters<typeof log.consume>[0]) => log.consume({ ...options, group: 'another' })
    const value = Reflect.get(object, name, object) as unknown
    return typeof value === 'function' ? value.bind(object) : value
  }
}
