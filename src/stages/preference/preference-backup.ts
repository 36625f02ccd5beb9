import { USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { decodePreference, type PreferenceRecord, preferenceKey } from '../../domain/preference-record.ts'
import { isZero } from '../../domain/vector.ts'
import type { Stack } from '../../ports/stack.ts'
import type { VectorItem } from '../../ports/vector-index.ts'

/** Most users that are backed up in one go, so that a backup never holds up the stage for long. */
const SLICE = 256

/**
 * Copies changed preferences to `user_preference_index`, each at most once in `periodMs`: there they outlive
 * their time to live, and users can be found by a product's vector.
 */
export class PreferenceBackup {
  readonly #stack: Stack
  readonly #periodMs: number
  /** Changed users and when each is due, ms on `performance.now()`, earliest first. */
  readonly #due = new Map<string, number>()

  constructor(stack: Stack, periodMs: number) {
    this.#stack = stack
    this.#periodMs = periodMs
  }

  /** Notes a change. */
  changed(userId: string): void {
    if (!this.#due.has(userId)) this.#due.set(userId, performance.now() + this.#periodMs)
  }

  /** Copies users that are due, one slice at most. */
  async copyDue(): Promise<void> {
    const nowMs = performance.now()
    const users: string[] = []
    for (const [userId, dueMs] of this.#due) {
      if (dueMs > nowMs || users.length === SLICE) break
      users.push(userId)
    }
    await this.#copy(users)
  }

  /** Copies every changed user. */
  async copyAll(): Promise<void> {
    while (this.#due.size > 0) await this.#copy([...this.#due.keys()].slice(0, SLICE))
  }

  async #copy(users: readonly string[]): Promise<void> {
    if (users.length === 0) return
    const stored = await this.#stack.keyValue.getMany(users.map(preferenceKey))
    const items: VectorItem[] = []
    for (const [i, userId] of users.entries()) {
      const bytes = stored[i]
      const record = bytes ? decodePreference(bytes) : null
      // A zero vector is near nothing, and a cosine index may refuse it.
      if (record !== null && !isZero(record.vector)) items.push(backupItem(userId, record))
    }
    if (items.length > 0) await this.#stack.vectors.upsertMany(USER_PREFERENCE_INDEX, items)
    for (const userId of users) this.#due.delete(userId)
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
