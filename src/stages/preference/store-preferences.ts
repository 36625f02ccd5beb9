import { foldAction } from '../../domain/preference-fold.ts'
import { preferenceBytes, preferenceKey, writePreference } from '../../domain/preference-record.ts'
import { Scratch } from '../../kernel/scratch.ts'
import type { VersionedEntry } from '../../ports/key-value.ts'
import type { Stack } from '../../ports/stack.ts'
import { type AppliedMarks, type Loss, markKey } from './applied-marks.ts'
import { type LoadedPreference, loadPreferences, type MarkCheck } from './load-preferences.ts'
import type { PendingAction, UserBatch } from './user-batch.ts'

/** A user whose actions are all durable now. */
export interface StoredUser {
  readonly userId: string
  /** How many of the first actions were durable before. */
  readonly repeated: number
}

interface FoldedUser extends StoredUser, LoadedPreference {}

/** What a round did. */
export interface StoredRound {
  /** Users who need no further round. */
  readonly done: readonly StoredUser[]
  /** True where the marks say that everything up to the batch's end is applied. */
  readonly marked: boolean
  /** Not empty where the key-value store has lost what it had: then nothing was stored. */
  readonly losses: readonly Loss[]
}

export interface StoreOptions {
  readonly alpha: number
  readonly ttlMs: number
  readonly marks: AppliedMarks
  readonly memory: RoundMemory
}

/** Where vectors and encoded records of a round lie: a few MiB that would else be garbage after each. For one round at a time. */
export class RoundMemory {
  readonly vectors = new Scratch()
  readonly values = new Scratch()
}

/**
 * One round: one read of all users, a fold of each one's actions, one compare-and-set with the marks at its end.
 * Returns who is done; those whose record another consumer changed in between are not, and need another round.
 */
export async function storePreferences(
  stack: Stack,
  { users, next }: Pick<UserBatch, 'users' | 'next'>,
  { alpha, ttlMs, marks, memory }: StoreOptions,
): Promise<StoredRound> {
  const userIds = [...users.keys()]
  const partitions = [...next.keys()]
  let losses: readonly Loss[] = []
  const check: MarkCheck = {
    keys: partitions.map(markKey),
    lost: (values) => {
      losses = marks.losses(partitions, values)
      return losses.length > 0
    },
  }
  const loaded = await loadPreferences(stack, userIds, { marks: check, memory: memory.vectors })
  if (loaded === null) return { done: [], marked: false, losses }
  const { done, folded } = foldAll(users, loaded, alpha)
  const entries = marks.entries(next)
  if (folded.length + entries.length === 0) return { done, marked: true, losses }
  const stored = await stack.keyValue.compareAndSetMany([
    ...encodeAll(folded, ttlMs, memory.values),
    ...entries,
  ])
  for (let i = 0; i < folded.length; i++) if (stored[i] === true) done.push(folded[i]!)
  return { done, marked: marks.stored(entries, stored.slice(folded.length)), losses }
}

/** Applies each user's actions; `done` are those whose actions were all applied before. */
function foldAll(
  users: ReadonlyMap<string, readonly PendingAction[]>,
  loaded: readonly LoadedPreference[],
  alpha: number,
): { readonly done: StoredUser[]; readonly folded: readonly FoldedUser[] } {
  const updatedAtMs = Date.now()
  const done: StoredUser[] = []
  const folded: FoldedUser[] = []
  let i = 0
  for (const [userId, actions] of users) {
    const { record, expectedVersion } = loaded[i++]!
    let repeated = 0
    for (let a = 0; a < actions.length; a++) if (!foldAction(record, actions[a]!, alpha)) repeated++
    if (repeated === actions.length) done.push({ userId, repeated })
    else {
      record.updatedAtMs = updatedAtMs
      folded.push({ userId, repeated, record, expectedVersion })
    }
  }
  return { done, folded }
}

/** All values in one piece of memory. */
function encodeAll(folded: readonly FoldedUser[], ttlMs: number, memory: Scratch): VersionedEntry[] {
  let size = 0
  for (let i = 0; i < folded.length; i++) size += preferenceBytes(folded[i]!.record)
  const bytes = memory.reserve(size)
  let end = 0
  return folded.map(({ userId, record, expectedVersion }) => {
    const start = end
    end = writePreference(record, bytes, start)
    return { key: preferenceKey(userId), value: bytes.subarray(start, end), ttlMs, expectedVersion }
  })
}
