import { foldAction } from '../../domain/preference-fold.ts'
import { preferenceBytes, preferenceKey, writePreference } from '../../domain/preference-record.ts'
import type { VersionedEntry } from '../../ports/key-value.ts'
import type { Stack } from '../../ports/stack.ts'
import { type LoadedPreference, loadPreferences } from './load-preferences.ts'
import type { PendingAction } from './user-batch.ts'

/** A user whose actions are all durable now. */
export interface StoredUser {
  readonly userId: string
  /** How many of the first actions were durable before. */
  readonly repeated: number
}

interface FoldedUser extends StoredUser, LoadedPreference {}

/**
 * One round: one read of all users, a fold of each one's actions, one compare-and-set. Returns who is done;
 * those whose record another consumer changed in between are not, and need another round.
 */
export async function storePreferences(
  stack: Stack,
  users: ReadonlyMap<string, readonly PendingAction[]>,
  settings: { readonly alpha: number; readonly ttlMs: number },
): Promise<readonly StoredUser[]> {
  const userIds = [...users.keys()]
  const loaded = await loadPreferences(stack, userIds)
  const updatedAtMs = Date.now()
  const done: StoredUser[] = []
  const folded: FoldedUser[] = []
  for (let i = 0; i < userIds.length; i++) {
    const userId = userIds[i]!
    const { record, expectedVersion } = loaded[i]!
    const actions = users.get(userId)!
    let repeated = 0
    for (let a = 0; a < actions.length; a++) if (!foldAction(record, actions[a]!, settings.alpha)) repeated++
    if (repeated === actions.length) done.push({ userId, repeated })
    else {
      record.updatedAtMs = updatedAtMs
      folded.push({ userId, repeated, record, expectedVersion })
    }
  }
  if (folded.length === 0) return done
  const stored = await stack.keyValue.compareAndSetMany(encodeAll(folded, settings.ttlMs))
  for (let i = 0; i < folded.length; i++) if (stored[i] === true) done.push(folded[i]!)
  return done
}

/** All values in one piece of memory. */
function encodeAll(folded: readonly FoldedUser[], ttlMs: number): VersionedEntry[] {
  let size = 0
  for (let i = 0; i < folded.length; i++) size += preferenceBytes(folded[i]!.record)
  const bytes = Buffer.allocUnsafeSlow(size)
  let end = 0
  return folded.map(({ userId, record, expectedVersion }) => {
    const start = end
    end = writePreference(record, bytes, start)
    return { key: preferenceKey(userId), value: bytes.subarray(start, end), ttlMs, expectedVersion }
  })
}
