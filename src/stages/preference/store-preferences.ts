import { foldAction } from '../../domain/preference-fold.ts'
import { encodePreference, preferenceKey } from '../../domain/preference-record.ts'
import type { VersionedEntry } from '../../ports/key-value.ts'
import type { Stack } from '../../ports/stack.ts'
import { loadPreferences } from './load-preferences.ts'
import type { PendingAction } from './user-batch.ts'

/** A user whose actions are all durable now. */
export interface StoredUser {
  readonly userId: string
  /** How many of the first actions were durable before. */
  readonly repeated: number
}

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
  const folded: StoredUser[] = []
  const entries: VersionedEntry[] = []
  for (let i = 0; i < userIds.length; i++) {
    const userId = userIds[i]!
    const { record, expectedVersion } = loaded[i]!
    let repeated = 0
    for (const action of users.get(userId)!) if (!foldAction(record, action, settings.alpha)) repeated++
    if (repeated === users.get(userId)!.length) done.push({ userId, repeated })
    else {
      record.updatedAtMs = updatedAtMs
      const value = encodePreference(record)
      entries.push({ key: preferenceKey(userId), value, ttlMs: settings.ttlMs, expectedVersion })
      folded.push({ userId, repeated })
    }
  }
  const stored = entries.length > 0 ? await stack.keyValue.compareAndSetMany(entries) : []
  for (let i = 0; i < folded.length; i++) if (stored[i] === true) done.push(folded[i]!)
  return done
}
