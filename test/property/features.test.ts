import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Detection, FeatureDefinitions, FeatureEvent } from '../../src/domain/features/definitions.ts'
import { compareEvents } from '../../src/domain/features/definitions.ts'
import { referenceDetections, referenceFeatures } from '../../src/domain/features/reference.ts'
import { featuresOf, nextLookMs } from '../../src/domain/features/user-features.ts'
import {
  forgetEvents,
  insertEvent,
  newUserState,
  settleUser,
  type UserState,
} from '../../src/domain/features/user-state.ts'
import { decodeUserState, encodeUserState } from '../../src/domain/features/user-state-codec.ts'
import {
  type Arrival,
  arrivals,
  BARE_FEATURES,
  START_MS,
  TEST_FEATURES,
} from '../fixtures/features/arbitrary-events.ts'

const LATENESS = TEST_FEATURES.latenessMs
const END_MS = START_MS + 1e10

/** What arrived in time, by user; judged by the newest event before each. */
function inTime(all: readonly Arrival[]): Map<string, FeatureEvent[]> {
  const users = new Map<string, FeatureEvent[]>()
  let newestMs = Number.NEGATIVE_INFINITY
  for (const { userId, event } of all) {
    const events = users.get(userId) ?? []
    users.set(userId, events)
    const repeated = events.some(({ traceId }) => traceId === event.traceId)
    if (!repeated && event.timestamp >= newestMs - LATENESS) events.push(event)
    newestMs = Math.max(newestMs, event.timestamp)
  }
  return users
}

/** One partition's users, handled in batches, with each state stored and read back after `restarts` of them. */
class Partition {
  readonly states = new Map<string, UserState>()
  readonly detections = new Map<string, Detection[]>()
  readonly definitions: FeatureDefinitions
  newestMs = Number.NEGATIVE_INFINITY

  constructor(definitions: FeatureDefinitions) {
    this.definitions = definitions
  }

  take(batch: readonly Arrival[]): void {
    for (const { userId, event } of batch) {
      insertEvent(this.of(userId), event, this.newestMs - LATENESS)
      this.newestMs = Math.max(this.newestMs, event.timestamp)
    }
  }

  /** Settles users, all or only those that must be looked at. */
  settle(watermarkMs: number, isTouched: (userId: string) => boolean): void {
    for (const [userId, state] of this.states) {
      if (!isTouched(userId) && nextLookMs(this.definitions, state) >= watermarkMs) continue
      const found = settleUser(this.definitions, state, watermarkMs)
      this.detections.set(userId, [...(this.detections.get(userId) ?? []), ...found])
      forgetEvents(this.definitions, state)
    }
  }

  restart(): void {
    for (const [userId, state] of this.states) {
      const bytes = encodeUserState(state, 3)
      this.states.set(userId, decodeUserState(bytes, this.definitions.patterns.length).state)
    }
  }

  of(userId: string): UserState {
    let state = this.states.get(userId)
    if (state === undefined) {
      state = newUserState(this.definitions)
      this.states.set(userId, state)
    }
    return state
  }
}

const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), {
  minLength: 1,
})

function holdsFor(definitions: FeatureDefinitions, late: boolean) {
  return fc.property(arrivals(LATENESS, late), cuts, (all, pieces) => {
    const partition = new Partition(definitions)
    for (let at = 0, piece = 0; at < all.length; piece++) {
      const { size, restart } = pieces[piece % pieces.length]!
      const batch = all.slice(at, at + size)
      at += size
      partition.take(batch)
      const watermarkMs = partition.newestMs - LATENESS
      partition.settle(watermarkMs, (userId) => batch.some((arrival) => arrival.userId === userId))
      if (restart) partition.restart()
      check(partition, all.slice(0, at), watermarkMs)
    }
    partition.settle(END_MS, () => false)
    check(partition, all, END_MS)
  })
}

function check(partition: Partition, arrived: readonly Arrival[], watermarkMs: number): void {
  const { definitions } = partition
  for (const [userId, events] of inTime(arrived)) {
    const expected = referenceDetections(definitions, events, watermarkMs)
    const found = partition.detections.get(userId) ?? []
    expect(sorted(found)).toEqual(sorted(expected))
    const state = partition.of(userId)
    if (events.length === 0) continue
    const { asOfMs } = state
    expect(asOfMs).toBeGreaterThanOrEqual(events.toSorted(compareEvents).at(-1)!.timestamp)
    expect(featuresOf(definitions, state)).toEqual(
      referenceFeatures(definitions, events, { asOfMs, watermarkMs }),
    )
  }
}

function sorted(detections: readonly Detection[]): Detection[] {
  const key = ({ pattern, causeTraceId }: Detection) => `${pattern} ${causeTraceId}`
  return detections.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

test('features equal the reference, for every order within the lateness, batch cut and restart', () => {
  fc.assert(holdsFor(TEST_FEATURES, false), { numRuns: 500 })
})

test('events that come too late change nothing', () => {
  fc.assert(holdsFor(TEST_FEATURES, true), { numRuns: 500 })
})

test('a pattern is complete on time also where nothing else calls for a look at the user', () => {
  const patterns = BARE_FEATURES.patterns.filter(({ kind }) => kind === 'absence')
  for (const definitions of [BARE_FEATURES, { ...BARE_FEATURES, patterns }])
    fc.assert(holdsFor(definitions, false), { numRuns: 300 })
})
