import type { Redis } from 'ioredis'
import type {
  HashEntry,
  KeyValueEntry,
  ListEntry,
  RankedMember,
  VersionedEntry,
} from '../../ports/key-value.ts'
import type { TallyOptions, TallyResult, TallySection, TallySnapshot } from '../../ports/tallies.ts'
import { hostOf } from './redis-address.ts'
import { openRedisCluster } from './redis-cluster.ts'
import { connectRedis } from './redis-connection.ts'
import { redisError } from './redis-errors.ts'
import { hasKeys, removeKeys } from './redis-keys.ts'
import {
  COMPARE_AND_SET,
  INCREMENT,
  raiseScores,
  runScript,
  type Script,
  SET,
  SET_HASH,
  SET_IF_ABSENT,
  SET_LIST,
} from './redis-scripts.ts'
import type { RedisKeyValueOptions, RedisStore } from './redis-store.ts'
import {
  addToTally,
  clearTally,
  dropTally,
  readTally,
  snapshotTally,
  type TallyStore,
} from './redis-tallies.ts'
import { hashOrNull, rankedMembers, ttl, versionBytes, versionIn, view } from './redis-values.ts'

export type { RedisKeyValueOptions, RedisStore } from './redis-store.ts'

/** Keys or members that one plain command carries. */
const CHUNK = 512

/**
 * Opens Redis as a key-value store: one server, the master that sentinels name, or a cluster. Rejects with REP_STORE_UNAVAILABLE where nothing answers; afterwards the
 * connection comes back by itself, and every call rejects with REP_STORE_UNAVAILABLE until it has.
 */
export async function openRedisKeyValue(options: RedisKeyValueOptions): Promise<RedisStore> {
  if (options.cluster !== undefined) return openRedisCluster(options)
  return new RedisKeyValue(await connectRedis(options), options)
}

/** Key-value on Redis: values are plain strings, counters numbers, ranked sets sorted sets. */
class RedisKeyValue implements RedisStore {
  readonly capabilities = { driver: 'ioredis' }
  readonly #redis: Redis
  readonly #prefix: string
  readonly #host: string

  constructor(redis: Redis, options: RedisKeyValueOptions) {
    this.#redis = redis
    this.#prefix = options.prefix ?? ''
    this.#host = hostOf(options)
  }

  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    return this.#ask(async (redis) => {
      const replies = this.#chunks(keys).map((chunk) => redis.mgetBuffer(chunk))
      return (await Promise.all(replies)).flat()
    })
  }

  async setMany(entries: readonly KeyValueEntry[]): Promise<void> {
    await this.#ask((redis) => {
      const replies: Promise<unknown>[] = []
      // Runs of equal kind keep their order, so that the last of equal keys wins.
      for (let start = 0, end = 0; start < entries.length; start = end) {
        const lasting = entries[start]!.ttlMs === undefined
        while (end < entries.length && (entries[end]!.ttlMs === undefined) === lasting) end++
        const run = entries.slice(start, end)
        replies.push(lasting ? this.#setLasting(redis, run) : this.#setExpiring(redis, run))
      }
      return Promise.all(replies)
    })
  }

  async compareAndSetMany(entries: readonly VersionedEntry[]): Promise<readonly boolean[]> {
    const args: (string | Buffer)[] = []
    for (const { expectedVersion, ttlMs, value } of entries)
      args.push(versionBytes(expectedVersion), ttl(ttlMs), view(value))
    return this.#flags(COMPARE_AND_SET, entries, args)
  }

  async setIfAbsentMany(entries: readonly KeyValueEntry[]): Promise<readonly boolean[]> {
    const args: (string | Buffer)[] = []
    for (const { ttlMs, value } of entries) args.push(ttl(ttlMs), view(value))
    return this.#flags(SET_IF_ABSENT, entries, args)
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    await this.#ask((redis) => Promise.all(this.#chunks(keys).map((chunk) => redis.unlink(chunk))))
  }

  setHashes(entries: readonly HashEntry[]): Promise<void> {
    return this.#replace(SET_HASH, entries, ({ fields }) => Object.entries(fields).flat())
  }

  getHashes(keys: readonly string[]): Promise<readonly (Readonly<Record<string, string>> | null)[]> {
    return this.#ask((redis) =>
      Promise.all(keys.map(async (key) => hashOrNull(await redis.hgetall(this.#prefix + key)))),
    )
  }

  setLists(entries: readonly ListEntry[]): Promise<void> {
    return this.#replace(SET_LIST, entries, ({ items }) => items)
  }

  getLists(keys: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#ask((redis) => Promise.all(keys.map((key) => redis.lrange(this.#prefix + key, 0, -1))))
  }

  incrementMany(keys: readonly string[], by: number, ttlMs: number): Promise<readonly number[]> {
    const names = keys.map((key) => this.#prefix + key)
    const args = keys.flatMap(() => [String(by), ttl(ttlMs)])
    return this.#ask(async (redis) => (await runScript(redis, INCREMENT, names, args)).map(Number))
  }

  async rankMany(key: string, increments: readonly RankedMember[]): Promise<void> {
    await this.#ask((redis) => raiseScores(redis, this.#prefix + key, increments))
  }

  top(key: string, limit: number): Promise<readonly RankedMember[]> {
    if (limit < 1) return Promise.resolve([])
    return this.#ask(async (redis) =>
      rankedMembers(await redis.zrevrange(this.#prefix + key, 0, limit - 1, 'WITHSCORES')),
    )
  }

  addToTally(
    tally: string,
    sections: readonly TallySection[],
    options: TallyOptions,
  ): Promise<readonly TallyResult[]> {
    return this.#ask((redis) => addToTally(this.#at(redis), tally, { sections, options }))
  }

  snapshotTally(tally: string, id: string): Promise<string | null> {
    return this.#ask((redis) => snapshotTally(this.#at(redis), tally, id))
  }

  readTally(tally: string, id: string): Promise<TallySnapshot | null> {
    return this.#ask((redis) => readTally(this.#at(redis), tally, id))
  }

  dropTally(tally: string, id: string): Promise<void> {
    return this.#ask((redis) => dropTally(this.#at(redis), tally, id))
  }

  clearTally(tally: string): Promise<void> {
    return this.#ask((redis) => clearTally(this.#at(redis), tally))
  }

  /** The server's version. */
  serverVersion(): Promise<string> {
    return this.#ask(async (redis) => versionIn(await redis.info('server')))
  }

  hasKeys(): Promise<boolean> {
    return this.#ask((redis) => hasKeys([redis], this.#prefix))
  }

  async clear(): Promise<void> {
    await this.#ask((redis) => removeKeys([redis], this.#prefix))
  }

  async close(): Promise<void> {
    this.#redis.disconnect()
  }

  #setLasting(redis: Redis, entries: readonly KeyValueEntry[]): Promise<unknown> {
    const replies: Promise<unknown>[] = []
    for (let start = 0; start < entries.length; start += CHUNK) {
      const pairs: (string | Buffer)[] = []
      for (const { key, value } of entries.slice(start, start + CHUNK))
        pairs.push(this.#prefix + key, view(value))
      replies.push(redis.mset(pairs))
    }
    return Promise.all(replies)
  }

  #setExpiring(redis: Redis, entries: readonly KeyValueEntry[]): Promise<unknown> {
    const args: (string | Buffer)[] = []
    for (const { ttlMs, value } of entries) args.push(ttl(ttlMs), view(value))
    return runScript(redis, SET, this.#names(entries), args)
  }

  async #replace<E extends { readonly key: string; readonly ttlMs?: number }>(
    code: Script,
    entries: readonly E[],
    itemsOf: (entry: E) => readonly string[],
  ): Promise<void> {
    const names = entries.map(({ key }) => this.#prefix + key)
    const args = entries.flatMap((entry) => [ttl(entry.ttlMs), JSON.stringify(itemsOf(entry))])
    await this.#ask((redis) => runScript(redis, code, names, args))
  }

  async #flags(
    code: typeof SET_IF_ABSENT,
    entries: readonly KeyValueEntry[],
    args: readonly (string | Buffer)[],
  ): Promise<readonly boolean[]> {
    const results = await this.#ask((redis) => runScript(redis, code, this.#names(entries), args))
    return results.map((result) => result === '1')
  }

  #names(entries: readonly KeyValueEntry[]): string[] {
    return entries.map(({ key }) => this.#prefix + key)
  }

  #chunks(keys: readonly string[]): string[][] {
    const chunks: string[][] = []
    for (let start = 0; start < keys.length; start += CHUNK)
      chunks.push(keys.slice(start, start + CHUNK).map((key) => this.#prefix + key))
    return chunks
  }

  #at(redis: Redis): TallyStore {
    return { redis, prefix: this.#prefix }
  }

  async #ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await question(this.#redis)
    } catch (error) {
      throw redisError(error, this.#host)
    }
  }
}
