import { activeKey } from '../../domain/features/feature-keys.ts'
import type { KeyValueEntry } from '../../ports/key-value.ts'

const MINUTE = 60_000
const IDS_OF_A_PART = 256

/**
 * Who was active in which minute of a partition's event time: a key-value store cannot list keys, so a restart
 * finds here whose states may have something due. A user may be listed more than once.
 */
export class ActiveUsers {
  readonly #partition: number
  /** Parts of each minute; ids of the last one, which is still filled. */
  readonly #minutes = new Map<number, { parts: number; ids: string[] }>()
  /** Minutes whose last part changed, and parts that were filled up since. */
  readonly #unsaved = new Map<string, readonly string[]>()

  constructor(partition: number) {
    this.#partition = partition
  }

  static minuteOf(timestampMs: number): number {
    return Math.floor(timestampMs / MINUTE)
  }

  add(minute: number, userId: string): void {
    let listed = this.#minutes.get(minute)
    if (listed === undefined || listed.ids.length === IDS_OF_A_PART) {
      listed = { parts: (listed?.parts ?? 0) + 1, ids: [] }
      this.#minutes.set(minute, listed)
    }
    listed.ids.push(userId)
    this.#unsaved.set(activeKey(this.#partition, minute, listed.parts - 1), listed.ids)
  }

  /** What must be stored; `saved` when it is. */
  unsaved(ttlMs: number): KeyValueEntry[] {
    return Array.from(this.#unsaved, ([key, ids]) => ({
      key,
      value: Buffer.from(JSON.stringify(ids)),
      ttlMs,
    }))
  }

  saved(): void {
    this.#unsaved.clear()
  }

  /** Forgets minutes that ended before a moment; returns their keys. */
  expire(beforeMs: number): string[] {
    const keys: string[] = []
    for (const [minute, { parts }] of this.#minutes) {
      if ((minute + 1) * MINUTE > beforeMs) continue
      for (let part = 0; part < parts; part++) keys.push(activeKey(this.#partition, minute, part))
      this.#minutes.delete(minute)
    }
    for (const key of keys) this.#unsaved.delete(key)
    return keys
  }

  /** Number of parts of each minute, as the mark keeps them. */
  parts(): [number, number][] {
    return Array.from(this.#minutes, ([minute, { parts }]) => [minute, parts])
  }

  /** Goes on from stored parts: returns every user listed. `read` gives the ids of keys by position. */
  async resume(
    parts: readonly (readonly [number, number])[],
    read: (keys: readonly string[]) => Promise<readonly (readonly string[])[]>,
  ): Promise<Set<string>> {
    const users = new Set<string>()
    for (const [minute, count] of parts) {
      const keys = Array.from({ length: count }, (_, part) => activeKey(this.#partition, minute, part))
      const lists = await read(keys)
      for (const ids of lists) for (const id of ids) users.add(id)
      this.#minutes.set(minute, { parts: count, ids: [...(lists.at(-1) ?? [])] })
    }
    return users
  }
}
