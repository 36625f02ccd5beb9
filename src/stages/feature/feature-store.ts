import type { FeatureDefinitions } from '../../domain/features/definitions.ts'
import { EncodedEvents } from '../../domain/features/encoded-events.ts'
import { featureFields } from '../../domain/features/feature-fields.ts'
import { featuresKey, markKey, recentKey, stateKey } from '../../domain/features/feature-keys.ts'
import { longestMs } from '../../domain/features/pattern-machines.ts'
import { featuresOf, nextLookMs } from '../../domain/features/user-features.ts'
import { newUserState, type UserState } from '../../domain/features/user-state.ts'
import { decodeUserState, encodeUserState } from '../../domain/features/user-state-codec.ts'
import { Arena } from '../../kernel/arena.ts'
import type { Stack } from '../../ports/stack.ts'
import { decodeMark, encodeMark } from './feature-mark.ts'
import type { CachedUser, FeaturePartition } from './feature-partition.ts'

/** States that one read asks for. */
const SLICE = 500
/** Memory for encoded states that is used again and again. */
const ARENA_BYTES = 4 << 20

export interface FeatureStoreOptions {
  readonly definitions: FeatureDefinitions
  readonly ttlMs: number
}

/** Some users' stored states are not those that were loaded: another member, or a lost answer, was first. */
export class StaleStates extends Error {
  readonly userIds: readonly string[]

  constructor(userIds: readonly string[]) {
    super(`${userIds.length} states changed meanwhile`)
    this.userIds = userIds
  }
}

/** The feature stage's part of the key-value store. */
export class FeatureStore {
  readonly #stack: Pick<Stack, 'keyValue' | 'settlement'>
  readonly #options: FeatureStoreOptions
  readonly #arena = new Arena(ARENA_BYTES)

  constructor(stack: Pick<Stack, 'keyValue' | 'settlement'>, options: FeatureStoreOptions) {
    this.#stack = stack
    this.#options = options
  }

  /**
   * Goes on where the partition was left: its watermark, and who has something due. Where states and what is read
   * of them are not stored at once, the latter is stored again.
   */
  async resume(partition: FeaturePartition): Promise<void> {
    const { keyValue, settlement } = this.#stack
    const [bytes] = await keyValue.getMany([markKey(partition.id)])
    if (bytes === null || bytes === undefined) return
    const mark = decodeMark(bytes)
    partition.clock.resume(mark.watermarkMs, mark.heard)
    const listed = await partition.active.resume(mark.active, async (keys) =>
      (await keyValue.getMany(keys)).map((ids) => (ids === null ? [] : parseIds(ids))),
    )
    const userIds = [...listed]
    for (let start = 0; start < userIds.length; start += SLICE) {
      const users = await this.#read(userIds.slice(start, start + SLICE))
      for (const [userId, { state }] of users)
        partition.due.add(userId, nextLookMs(this.#options.definitions, state))
      if (!settlement.atomic) await this.#publish(users)
    }
  }

  /** Brings states into memory; users without one get a new one. */
  async load(partition: FeaturePartition, userIds: readonly string[]): Promise<void> {
    for (let start = 0; start < userIds.length; start += SLICE) {
      const users = await this.#read(userIds.slice(start, start + SLICE))
      for (const [userId, user] of users) partition.users.set(userId, user)
    }
  }

  /**
   * Stores what is touched, in this order: who is active, states, what is read of them, and the mark. The order is
   * what makes a crash between any two harmless; in an atomic settlement all is issued at once. Rejects with
   * `StaleStates`.
   */
  async save(partitions: readonly FeaturePartition[]): Promise<void> {
    const { atomic } = this.#stack.settlement
    const steps = [
      () => this.#saveActive(partitions),
      () => this.#saveStates(partitions),
      () => this.#publish(partitions.flatMap(touchedUsers)),
      () => this.#saveMarks(partitions),
    ]
    if (atomic) await Promise.all(steps.map((step) => step()))
    else for (const step of steps) await step()
  }

  async #saveActive(partitions: readonly FeaturePartition[]): Promise<void> {
    const { ttlMs } = this.#options
    const entries = partitions.flatMap(({ active }) => active.unsaved(ttlMs))
    if (entries.length > 0) await this.#stack.keyValue.setMany(entries)
  }

  async #saveStates(partitions: readonly FeaturePartition[]): Promise<void> {
    const { ttlMs } = this.#options
    const users = partitions.flatMap(touchedUsers)
    if (users.length === 0) return
    const arena = this.#arena
    arena.reset()
    const stored = await this.#stack.keyValue.compareAndSetMany(
      users.map(([userId, { state, version, encoded }]) => ({
        key: stateKey(userId),
        value: encodeUserState(state, (version ?? 0) + 1, { events: encoded, arena }),
        expectedVersion: version,
        ttlMs,
      })),
    )
    const stale = users.flatMap(([userId], i) => (stored[i] === true ? [] : [userId]))
    if (stale.length > 0) throw new StaleStates(stale)
  }

  async #publish(users: Iterable<readonly [string, CachedUser]>): Promise<void> {
    const { definitions, ttlMs } = this.#options
    const updatedAtMs = Date.now()
    const hashes = []
    const lists = []
    for (const [userId, { state }] of users) {
      const features = featuresOf(definitions, state)
      const fields = featureFields(definitions, features, { late: state.late, updatedAtMs })
      hashes.push({ key: featuresKey(userId), fields, ttlMs })
      lists.push({ key: recentKey(userId), items: features.recent, ttlMs })
    }
    if (hashes.length === 0) return
    const { keyValue } = this.#stack
    await Promise.all([keyValue.setHashes(hashes), keyValue.setLists(lists)])
  }

  async #saveMarks(partitions: readonly FeaturePartition[]): Promise<void> {
    const { keyValue } = this.#stack
    const past = partitions.flatMap(({ active, clock, due }) =>
      // Who is due and was not looked at yet must still be found after a restart.
      active.expire(Math.min(clock.watermarkMs, due.next) - longestMs(this.#options.definitions)),
    )
    const marks = partitions
      .filter(({ clock }) => Number.isFinite(clock.watermarkMs))
      .map(({ id, clock, active }) => {
        const { watermarkMs, heard } = clock
        return { key: markKey(id), value: encodeMark({ watermarkMs, heard, active: active.parts() }) }
      })
    const writes = [keyValue.setMany(marks)]
    if (past.length > 0) writes.push(keyValue.deleteMany(past))
    await Promise.all(writes)
  }

  async #read(userIds: readonly string[]): Promise<Map<string, CachedUser>> {
    const { definitions } = this.#options
    const stored = await this.#stack.keyValue.getMany(userIds.map(stateKey))
    return new Map(
      userIds.map((userId, i) => {
        const bytes = stored[i] ?? null
        const user: { state: UserState; version: number | null } =
          bytes === null
            ? { state: newUserState(definitions), version: null }
            : decodeUserState(bytes, definitions.patterns.length)
        const encoded = new EncodedEvents()
        return [userId, { ...user, encoded, listedMinute: Number.NEGATIVE_INFINITY }]
      }),
    )
  }
}

function touchedUsers({ touched, users }: FeaturePartition): (readonly [string, CachedUser])[] {
  return Array.from(touched, (userId) => [userId, users.get(userId)!] as const)
}

function parseIds(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return JSON.parse(text) as string[]
}
