import { USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { decodePreference, type PreferenceRecord, preferenceKey } from '../../domain/preference-record.ts'
import { isZero } from '../../domain/vector.ts'
import type { Stack } from '../../ports/stack.ts'
import type { VectorItem } from '../../ports/vector-index.ts'

/** Most users that are backed up in one go, so that a backup never holds up the stage for long. */
const SLICE = 256

/** A user whose preference has changed since it was backed up. */
interface ChangedUser {
  /** When to copy it, ms on `performance.now()`. */
  readonly dueMs: number
  readonly partition: number
  /** Of the first action that the backup does not have. */
  readonly offset: number
}

/**
 * Copies changed preferences to `user_preference_index`, each at most once in `periodMs`: there they outlive
 * their time to live and the key-value store, and users can be found by a product's vector.
 */
export class PreferenceBackup {
  readonly #stack: Stack
  readonly #periodMs: number
  readonly #ttlMs: number
  /** Changed users, earliest due first. */
  readonly #due = new Map<string, ChangedUser>()

  constructor(stack: Stack, { backupMs, ttlMs }: { readonly backupMs: number; readonly ttlMs: number }) {
    this.#stack = stack
    this.#periodMs = backupMs
    this.#ttlMs = ttlMs
  }

  /** Notes a change by the action at this place. */
  changed(userId: string, { partition, offset }: { partition: number; offset: number }): void {
    const known = this.#due.get(userId)
    if (known === undefined) {
      this.#due.set(userId, { dueMs: performance.now() + this.#periodMs, partition, offset })
    } else if (offset < known.offset) this.#due.set(userId, { ...known, offset })
  }

  /** By partition: the first offset whose action may be missing in the backup, `reached` where none is. */
  progress(partitions: readonly number[], reached: (partition: number) => number): Map<number, number> {
    const offsets = new Map(partitions.map((partition) => [partition, reached(partition)]))
    for (const { partition, offset } of this.#due.values()) {
      const found = offsets.get(partition)
      if (found !== undefined && offset < found) offsets.set(partition, offset)
    }
    return offsets
  }

  /** Forgets users of partitions that are another's now, who backs them up. */
  keepOnly(owned: ReadonlySet<number>): void {
    for (const [userId, { partition }] of this.#due) if (!owned.has(partition)) this.#due.delete(userId)
  }

  /** Copies users that are due, one slice at most. */
  async copyDue(): Promise<void> {
    const nowMs = performance.now()
    const users: string[] = []
    for (const [userId, { dueMs }] of this.#due) {
      if (dueMs > nowMs || users.length === SLICE) break
      users.push(userId)
    }
    await this.#copy(users)
  }

  /** Copies every changed user. */
  async copyAll(): Promise<void> {
    const users = [...this.#due.keys()]
    for (let start = 0; start < users.length; start += SLICE)
      await this.#copy(users.slice(start, start + SLICE))
  }

  async #copy(users: readonly string[]): Promise<void> {
    if (users.length === 0) return
    const stored = await this.#stack.keyValue.getMany(users.map(preferenceKey))
    const items: VectorItem[] = []
    const missing: string[] = []
    for (const [i, userId] of users.entries()) {
      const bytes = stored[i]
      const record = bytes ? decodePreference(bytes) : null
      if (record === null) missing.push(userId)
      // A zero vector is near nothing, and a cosine index may refuse it.
      else if (!isZero(record.vector)) items.push(backupItem(userId, record))
    }
    if (items.length > 0) await this.#stack.vectors.upsertMany(USER_PREFERENCE_INDEX, items)
    const changed = missing.map((userId) => [userId, this.#due.get(userId)!] as const)
    for (const userId of users) this.#due.delete(userId)
    for (const [userId, change] of changed) this.#postpone(userId, change)
  }

  /**
   * A record that is gone is not backed up, whatever the reason. The store may have lost it: then it comes back
   * from the log, from the offset that is noted here. One that has outlived its time to live does not come back.
   */
  #postpone(userId: string, change: ChangedUser): void {
    const nowMs = performance.now()
    if (nowMs - change.dueMs < this.#ttlMs)
      this.#due.set(userId, { ...change, dueMs: nowMs + this.#periodMs })
  }
}

/** A preference as the index keeps it, with all that it takes to rebuild the record. */
export function backupItem(userId: string, record: PreferenceRecord): VectorItem {
  const { vector, recentPurchases, partition, offset, actionCount, updatedAtMs, lastTraceId } = record
  return {
    id: userId,
    vector: vector.slice(),
    attributes: {
      partition,
      offset,
      actionCount,
      updatedAtMs,
      lastTraceId,
      recentPurchases: JSON.stringify(recentPurchases),
    },
  }
}

/** The record that an item was made of, its vector copied into `vector`; null where the item holds no record. */
export function restorePreference(item: VectorItem, vector: Float32Array): PreferenceRecord | null {
  const { partition, offset, actionCount, updatedAtMs, lastTraceId, recentPurchases } = item.attributes
  if (
    typeof partition !== 'number' ||
    typeof offset !== 'number' ||
    typeof actionCount !== 'number' ||
    typeof updatedAtMs !== 'number' ||
    typeof lastTraceId !== 'string' ||
    typeof recentPurchases !== 'string'
  ) {
    return null
  }
  vector.set(item.vector)
  return {
    partition,
    offset,
    actionCount,
    updatedAtMs,
    lastTraceId,
    vector,
    recentPurchases: JSON.parse(recentPurchases) as string[],
  }
}
