import { RepError } from '../../errors/rep-error.ts'
import type { KeyValue } from '../../ports/key-value.ts'

export interface RecentSearch {
  readonly query: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Most searches that are kept of a user. */
export const MOST_SEARCHES = 20
/** How long a search is kept, ms. */
export const SEARCH_TTL_MS = 30 * 86_400_000
/** Others may change the same list at the same time, but not for long. */
const ATTEMPTS = 20
const VERSION_BYTES = 8

/** Each user's last searches under `recent-searches:{user}`: a version, then JSON, newest first, each query once. */
export class RecentSearches {
  readonly #keyValue: KeyValue

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue
  }

  async list(userId: string, nowMs: number): Promise<readonly RecentSearch[]> {
    return (await this.#read(userId, nowMs)).searches
  }

  /** Puts a query first; one that was there moves. */
  add(userId: string, search: RecentSearch): Promise<boolean> {
    return this.#change(userId, search.at, (searches) =>
      [search, ...searches.filter(({ query }) => query !== search.query)]
        .sort((a, b) => b.at - a.at)
        .slice(0, MOST_SEARCHES),
    )
  }

  /** Forgets one query; false where it was not there. */
  remove(userId: string, query: string, nowMs: number): Promise<boolean> {
    return this.#change(userId, nowMs, (searches) => searches.filter((search) => search.query !== query))
  }

  /** Forgets all; false where there was none. */
  clear(userId: string, nowMs: number): Promise<boolean> {
    return this.#change(userId, nowMs, () => [])
  }

  /** Compare-and-set until nobody was in between; false where the change changes nothing. */
  async #change(
    userId: string,
    nowMs: number,
    change: (searches: readonly RecentSearch[]) => readonly RecentSearch[],
  ): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { version, searches } = await this.#read(userId, nowMs)
      const changed = change(searches)
      if (changed.length === searches.length && changed.every((search, i) => search === searches[i]))
        return false
      const value = encode((version ?? 0) + 1, changed)
      const entry = { key: keyOf(userId), value, ttlMs: SEARCH_TTL_MS, expectedVersion: version }
      const [set] = await this.#keyValue.compareAndSetMany([entry])
      if (set === true) return true
    }
    throw new RepError(
      'REP_STORE_UNAVAILABLE',
      `the recent searches of ${userId} are changed by too many at once`,
    )
  }

  async #read(
    userId: string,
    nowMs: number,
  ): Promise<{ version: number | null; searches: readonly RecentSearch[] }> {
    const [stored = null] = await this.#keyValue.getMany([keyOf(userId)])
    if (stored === null) return { version: null, searches: [] }
    const bytes = Buffer.from(stored)
    const all = JSON.parse(bytes.toString('utf8', VERSION_BYTES)) as RecentSearch[]
    const searches = all.filter(({ at }) => at > nowMs - SEARCH_TTL_MS)
    return { version: Number(bytes.readBigUInt64LE(0)), searches }
  }
}

function keyOf(userId: string): string {
  return `recent-searches:${userId}`
}

function encode(version: number, searches: readonly RecentSearch[]): Uint8Array {
  const head = Buffer.alloc(VERSION_BYTES)
  head.writeBigUInt64LE(BigInt(version))
  return Buffer.concat([head, Buffer.from(JSON.stringify(searches))])
}
