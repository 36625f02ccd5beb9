import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { createCodec } from '../../src/domain/codec.ts'
import type { Detection } from '../../src/domain/features/definitions.ts'
import { featureFields } from '../../src/domain/features/feature-fields.ts'
import { featuresKey, recentKey } from '../../src/domain/features/feature-keys.ts'
import { referenceDetections, referenceFeatures } from '../../src/domain/features/reference.ts'
import { TOPICS, USER_ACTION, USER_PATTERN } from '../../src/domain/topics.ts'
import { formatTraceId } from '../../src/domain/trace-id.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { openFeatureStage } from '../../src/stages/feature/feature-stage.ts'
import { type Arrival, arrivals, START_MS, TEST_FEATURES } from '../fixtures/features/arbitrary-events.ts'

const codec = createCodec()
const utf8 = new TextEncoder()
const WRITES = ['setMany', 'compareAndSetMany', 'setHashes', 'setLists', 'deleteMany', 'append', 'commit']

class Crash extends Error {}

let directories: string[] = []
afterEach(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
  directories = []
})

/** An object whose n-th write, counted over all of them, fails before or after it is done, and all after it. */
class Crasher {
  left: number
  readonly #after: boolean

  constructor(left: number, after: boolean) {
    this.left = left
    this.#after = after
  }

  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value = Reflect.get(object, name, object) as unknown
        if (typeof value !== 'function') return value
        if (!WRITES.includes(String(name))) return value.bind(object)
        return async (...args: unknown[]) => {
          this.left--
          if (this.left < 0 || (this.left === 0 && !this.#after)) throw new Crash()
          const result = (await value.apply(object, args)) as unknown
          if (this.left === 0) throw new Crash()
          return result
        }
      },
    })
  }
}

/** The stack as real services are: effects and commit apart; every write may be the last. */
function fragile(stack: Stack, crasher: Crasher): Stack {
  const log = crasher.wrap(stack.log)
  const consume: Stack['log']['consume'] = async (options) => crasher.wrap(await stack.log.consume(options))
  return {
    ...stack,
    keyValue: crasher.wrap(stack.keyValue),
    log: new Proxy(log, {
      get: (object, name) => (name === 'consume' ? consume : Reflect.get(object, name)),
    }),
    settlement: {
      atomic: false,
      settle: async (effects, commit) => {
        await effects()
        await commit()
      },
    },
  }
}

/** Runs the stage on what the log holds until all is committed, or until it crashes; true when all is done. */
async function runOnce(stack: Stack): Promise<boolean> {
  const context = { stack, observer: { done: () => undefined, known: () => undefined }, log: () => undefined }
  const features = { enabled: true, definitions: TEST_FEATURES, ttlMs: 3_600_000, batchRecords: 7 }
  const { stage, consumer } = await openFeatureStage(context, { features })
  try {
    for (;;) {
      const batch = await consumer.poll(5)
      if (batch.length === 0) return true
      await stage.handle(batch)
    }
  } catch (error) {
    if (error instanceof Crash) return false
    throw error
  } finally {
    await consumer.close()
  }
}

async function append(stack: Stack, all: readonly Arrival[]): Promise<void> {
  await stack.log.append(
    USER_ACTION,
    all.map(({ userId, event }) => ({
      key: utf8.encode(userId),
      // One partition, so that its order is the order of arrival.
      partition: 0,
      dueUs: 0,
      value: codec.encodeUserAction({ ...event, userId, sessionId: 's', properties: {} }),
    })),
  )
}

/** Much later, somebody acts once more: all that was due before is over then. */
function closing(all: readonly Arrival[]): Arrival[] {
  const traceId = formatTraceId(START_MS + 1e9, 9, 1)
  const event = { ...all[0]!.event, traceId, timestamp: START_MS + 1e9, actionType: 'PAGE_VIEW' as const }
  return [{ userId: 'closer', event: { ...event, productId: null, category: null, price: null } }]
}

async function patternsIn(stack: Stack): Promise<Map<string, Detection & { userId: string }>> {
  const records = await Promise.all(
    (await stack.log.offsets(USER_PATTERN)).map(({ partition }) =>
      stack.log.read({ topic: USER_PATTERN, partition, offset: 0 }, 10_000),
    ),
  )
  return new Map(
    records.flat().map(({ value }) => {
      const { traceId, userId, pattern, beganAt, detectedAt, causeTraceId, productIds } =
        codec.decodeUserPattern(value)
      return [
        traceId,
        { userId, pattern, beganMs: beganAt, detectedMs: detectedAt, causeTraceId, productIds },
      ]
    }),
  )
}

async function check(stack: Stack, all: readonly Arrival[]): Promise<void> {
  const found = [...(await patternsIn(stack)).values()]
  const byTime = (a: Detection, b: Detection) =>
    a.detectedMs - b.detectedMs || (a.pattern + a.causeTraceId < b.pattern + b.causeTraceId ? -1 : 1)
  for (const [userId, group] of Map.groupBy(all, (arrival) => arrival.userId)) {
    const events = [...new Map(group.map(({ event }) => [event.traceId, event])).values()]
    const expected = referenceDetections(TEST_FEATURES, events, START_MS + 1e9 - TEST_FEATURES.latenessMs)
    const own = found
      .filter((pattern) => pattern.userId === userId)
      .map(({ userId: _, ...detection }) => detection)
    expect(own.toSorted(byTime)).toEqual(expected.toSorted(byTime))
    const [fields] = await stack.keyValue.getHashes([featuresKey(userId)])
    const [recent] = await stack.keyValue.getLists([recentKey(userId)])
    const asOfMs = Number(fields?.as_of)
    const features = referenceFeatures(TEST_FEATURES, events, {
      asOfMs,
      watermarkMs: START_MS + 1e9 - TEST_FEATURES.latenessMs,
    })
    const updatedAtMs = Number(fields?.updated_at)
    // What was sent twice may be late the second time.
    const late = Number(fields?.late_events)
    expect(fields).toEqual(featureFields(TEST_FEATURES, features, { late, updatedAtMs }))
    expect(recent).toEqual(features.recent)
  }
}

/** Runs the stage over all of these and through all crashes, and checks what it left. */
async function survives(
  all: readonly Arrival[],
  crashes: readonly { readonly afterWrites: number; readonly done: boolean }[],
  early: boolean,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'rep-features-'))
  directories.push(directory)
  const stack = await openEmbeddedStack({ dataDir: directory, dims: 8 })
  try {
    await stack.log.ensureTopics(TOPICS)
    await append(stack, early ? [...all, ...closing(all)] : all)
    for (const { afterWrites, done } of crashes) await runOnce(fragile(stack, new Crasher(afterWrites, done)))
    if (!early) await append(stack, closing(all))
    const stays = new Crasher(Number.POSITIVE_INFINITY, false)
    expect(await runOnce(fragile(stack, stays))).toBe(true)
    await check(stack, all)
  } finally {
    await stack.close()
  }
}

const crash = fc.record({ afterWrites: fc.integer({ min: 0, max: 25 }), done: fc.boolean() })

test('whatever write is the last before a crash, features and patterns equal the reference', async () => {
  await fc.assert(
    fc.asyncProperty(
      arrivals(TEST_FEATURES.latenessMs),
      fc.array(crash, { maxLength: 5 }),
      fc.boolean(),
      survives,
    ),
    { numRuns: 25 },
  )
})

test('a crash at any write of the settlement that finds an abandoned cart', async () => {
  const event = {
    traceId: formatTraceId(START_MS, 9, 2),
    timestamp: START_MS,
    actionType: 'ADD_TO_CART' as const,
    productId: 'p0',
    category: 'shoes',
    price: 10,
  }
  const filler = Array.from({ length: 6 }, (_, i) => ({
    userId: 'u1',
    event: { ...event, actionType: 'VIEW' as const, traceId: formatTraceId(START_MS, 9, 3 + i) },
  }))
  // The first batch holds the cart; the second, 9 writes later at most, what makes its time over.
  for (let afterWrites = 0; afterWrites < 18; afterWrites++)
    for (const done of [false, true])
      await survives([{ userId: 'u0', event }, ...filler], [{ afterWrites, done }], true)
})
