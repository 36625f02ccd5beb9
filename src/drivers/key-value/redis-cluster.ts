import type { Cluster } from 'ioredis'
import type {
  HashEntry,
  KeyValueEntry,
  ListEntry,
  RankedMember,
  VersionedEntry,
} from '../../ports/key-value.ts'
import type { TallyOptions, TallyResult, TallySection, TallySnapshot } from '../../ports/tallies.ts'
import { hostOf } from './redis-address.ts'
import { connectRedisCluster, innermost } from './redis-cluster-connection.ts'
import { redisError } from './redis-errors.ts'
import { hasKeys, removeKeys } from './redis-keys.ts'
import {
  COMPARE_AND_SET,
  evaluate,
  INCREMENT,
  raiseScores,
  type Script,
  SET_HASH,
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

/** Opens a Redis Cluster as a key-value store; rejects as openRedisKeyValue does. */
export async function openRedisCluster(options: RedisKeyValueOptions): Promise<RedisStore> {
  return new RedisClusterKeyValue(await connectRedisCluster(options), options)
}

/**
 * Key-value on a Redis Cluster. A batch's keys are of nearly as many slots, so each key is a command of its own;
 * those of one call go out together, to every node at once, and are answered in one round trip of each.
 */
class RedisClusterKeyValue implements RedisStore {
  readonly capabilities = { driver: 'ioredis (cluster)' }
  readonly #cluster: Cluster
  readonly #prefix: string
  readonly #host: string

  constructor(cluster: Cluster, options: RedisKeyValueOptions) {
    this.#cluster = cluster
    this.#prefix = options.prefix ?? ''
    this.#host = hostOf(options)
  }

  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    return this.#each(keys, (cluster, key) => cluster.getBuffer(this.#prefix + key))
  }

  async setMany(entries: readonly KeyValueEntry[]): Promise<void> {
    await this.#each(entries, (cluster, { key, value, ttlMs }) => {
      const name = this.#prefix + key
      return ttlMs === undefined
        ? cluster.set(name, view(value))
        : cluster.set(name, view(value), 'PX', ttl(ttlMs))
    })
  }

  async compareAndSetMany(entries: readonly VersionedEntry[]): Promise<readonly boolean[]> {
    const replies = await this.#script(COMPARE_AND_SET, entries, ({ expectedVersion, ttlMs, value }) => [
      versionBytes(expectedVersion),
      ttl(ttlMs),
      view(value),
    ])
    return replies.map((reply) => reply === '1')
  }

  async setIfAbsentMany(entries: readonly KeyValueEntry[]): Promise<readonly boolean[]> {
    const replies = await this.#each(entries, (cluster, { key, value, ttlMs }) => {
      const name = this.#prefix + key
      return ttlMs === undefined
        ? cluster.set(name, view(value), 'NX')
        : cluster.set(name, view(value), 'PX', ttl(ttlMs), 'NX')
    })
    return replies.map((reply) => reply !== null)
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    await this.#each(keys, (cluster, key) => cluster.unlink(this.#prefix + key))
  }

  async setHashes(entries: readonly HashEntry[]): Promise<void> {
    await this.#script(SET_HASH, entries, ({ fields, ttlMs }) => [
      ttl(ttlMs),
      JSON.stringify(Object.entries(fields).flat()),
    ])
  }

  getHashes(keys: readonly string[]): Promise<readonly (Readonly<Record<string, string>> | null)[]> {
    return this.#each(keys, async (cluster, key) => hashOrNull(await cluster.hgetall(this.#prefix + key)))
  }

  async setLists(entries: readonly ListEntry[]): Promise<void> {
    await this.#script(SET_LIST, entries, ({ items, ttlMs }) => [ttl(ttlMs), JSON.stringify(items)])
  }

  getLists(keys: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#each(keys, (cluster, key) => cluster.lrange(this.#prefix + key, 0, -1))
  }

  async incrementMany(keys: readonly string[], by: number, ttlMs: number): Promise<readonly number[]> {
    const entries = keys.map((key) => ({ key }))
    const replies = await this.#script(INCREMENT, entries, () => [String(by), ttl(ttlMs)])
    return replies.map(Number)
  }

  async rankMany(key: string, increments: readonly RankedMember[]): Promise<void> {
    await this.#ask((cluster) => raiseScores(cluster, this.#prefix + key, increments))
  }

  top(key: string, limit: number): Promise<readonly RankedMember[]> {
    if (limit < 1) return Promise.resolve([])
    return this.#ask(async (cluster) =>
      rankedMembers(await cluster.zrevrange(this.#prefix + key, 0, limit - 1, 'WITHSCORES')),
    )
  }

  addToTally(
    tally: string,
    sections: readonly TallySection[],
    options: TallyOptions,
  ): Promise<readonly TallyResult[]> {
    return this.#ask((cluster) => addToTally(this.#at(cluster), tally, { sections, options }))
  }

  snapshotTally(tally: string, id: string): Promise<string | null> {
    return this.#ask((cluster) => snapshotTally(this.#at(cluster), tally, id))
  }

  readTally(tally: string, id: string): Promise<TallySnapshot | null> {
    return this.#ask((cluster) => readTally(this.#at(cluster), tally, id))
  }

  dropTally(tally: string, id: string): Promise<void> {
    return this.#ask((cluster) => dropTally(this.#at(cluster), tally, id))
  }

  clearTally(tally: string): Promise<void> {
    return this.#ask((cluster) => clearTally(this.#at(cluster), tally))
  }

  serverVersion(): Promise<string> {
    return this.#ask(async (cluster) => {
      const information = await cluster.nodes('master')[0]?.info('server')
      return `${versionIn(information ?? '')} (cluster)`
    })
  }

  hasKeys(): Promise<boolean> {
    return this.#ask((cluster) => hasKeys(cluster.nodes('master'), this.#prefix))
  }

  async clear(): Promise<void> {
    await this.#ask((cluster) => removeKeys(cluster.nodes('master'), this.#prefix))
  }

  async close(): Promise<void> {
    this.#cluster.disconnect()
  }

  #script<E extends { readonly key: string }>(
    code: Script,
    entries: readonly E[],
    args: (entry: E) => (string | Buffer)[],
  ): Promise<string[]> {
    return this.#each(entries, (cluster, entry) =>
      evaluate(cluster, code, [this.#prefix + entry.key], args(entry)),
    )
  }

  /** One command for each item, all on their way before the first is answered; replies by position. */
  #each<I, R>(items: readonly I[], command: (cluster: Cluster, item: I) => Promise<R>): Promise<R[]> {
    return this.#ask(async (cluster) => {
      const replies = await Promise.allSettled(items.map((item) => command(cluster, item)))
      return replies.map((reply) => {
        if (reply.status === 'rejected') throw reply.reason
        return reply.value
      })
    })
  }

  #at(redis: Cluster): TallyStore {
    return { redis, prefix: this.#prefix }
  }

  async #ask<T>(question: (cluster: Cluster) => Promise<T>): Promise<T> {
    try {
      return await question(this.#cluster)
    } catch (error) {
      throw redisError(innermost(error), this.#host)
    }
  }
}
