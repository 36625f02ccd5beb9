import type { Database } from 'lmdb'
import { Scratch } from '../../kernel/scratch.ts'
import type {
  HashEntry,
  KeyValue,
  KeyValueEntry,
  ListEntry,
  RankedMember,
  VersionedEntry,
} from '../../ports/key-value.ts'
import type { TallyOptions, TallyResult, TallySection, TallySnapshot } from '../../ports/tallies.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openBinaryKeyed, openStringKeyed } from '../lmdb-keys.ts'
import type { LmdbWriter } from '../lmdb-writer.ts'
import { ExpirySweep, expiryOf, HEADER_BYTES, isExpired } from './expiry.ts'
import { LmdbTallies } from './lmdb-tallies.ts'
import { Ranks } from './ranks.ts'
import { ValueArena } from './value-arena.ts'

/** Key-value on LMDB. Each write is one transaction, made before the method's first await. */
export class LmdbKeyValue implements KeyValue {
  readonly capabilities = { driver: 'lmdb' }
  readonly #state: LmdbEnvironment['state']
  readonly #writer: LmdbWriter
  readonly #values: Database<Uint8Array, string>
  readonly #sweep: ExpirySweep
  readonly #ranks: Ranks
  readonly #tallies: LmdbTallies
  readonly #scratch = new Scratch()

  constructor(environment: LmdbEnvironment, writer: LmdbWriter) {
    this.#state = environment.state
    this.#writer = writer
    this.#values = openStringKeyed(environment.state, 'kv.values')
    this.#sweep = new ExpirySweep(this.#values, openBinaryKeyed(environment.state, 'kv.alarms'))
    this.#ranks = new Ranks(openBinaryKeyed(environment.state, 'kv.ranks'))
    this.#tallies = new LmdbTallies(openBinaryKeyed(environment.state, 'kv.tallies'), {
      get: (key) => this.#live(key),
      put: (key, value, ttlMs) => this.#putNow(key, value, ttlMs),
      remove: (key) => void this.#values.removeSync(key),
    })
  }

  async getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    this.#state.refreshReads()
    const nowMs = Date.now()
    const arena = new ValueArena(keys.length)
    const found = new Array<Uint8Array | null>(keys.length)
    for (let i = 0; i < keys.length; i++) {
      const stored = this.#values.getBinaryFast(keys[i]!)
      found[i] = stored === undefined || isExpired(stored, nowMs) ? null : arena.keep(stored, HEADER_BYTES)
    }
    return found
  }

  async setMany(entries: readonly KeyValueEntry[]): Promise<void> {
    await this.#write(entries.length, (nowMs) => {
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i]!
        // Only a value with a time to live needs to know whether its alarm is set.
        this.#put(entry, entry.ttlMs === undefined ? undefined : this.#values.getBinaryFast(entry.key), nowMs)
      }
    })
  }

  async compareAndSetMany(entries: readonly VersionedEntry[]): Promise<readonly boolean[]> {
    return this.#write(entries.length, (nowMs) => {
      const done = new Array<boolean>(entries.length)
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i]!
        const stored = this.#values.getBinaryFast(entry.key)
        done[i] = versionOf(stored, nowMs) === entry.expectedVersion
        if (done[i]) this.#put(entry, stored, nowMs)
      }
      return done
    })
  }

  async setIfAbsentMany(entries: readonly KeyValueEntry[]): Promise<readonly boolean[]> {
    return this.#write(entries.length, (nowMs) => {
      const done = new Array<boolean>(entries.length)
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i]!
        const stored = this.#values.getBinaryFast(entry.key)
        done[i] = stored === undefined || isExpired(stored, nowMs)
        if (done[i]) this.#put(entry, stored, nowMs)
      }
      return done
    })
  }

  async deleteMany(keys: readonly string[]): Promise<void> {
    await this.#write(keys.length, () => {
      for (let i = 0; i < keys.length; i++) this.#values.removeSync(keys[i]!)
    })
  }

  async setHashes(entries: readonly HashEntry[]): Promise<void> {
    await this.#replace(entries, ({ fields }) => (Object.keys(fields).length === 0 ? null : fields))
  }

  async getHashes(keys: readonly string[]): Promise<readonly (Readonly<Record<string, string>> | null)[]> {
    return (await this.getMany(keys)).map((bytes) => (bytes === null ? null : parse(bytes)))
  }

  async setLists(entries: readonly ListEntry[]): Promise<void> {
    await this.#replace(entries, ({ items }) => (items.length === 0 ? null : items))
  }

  async getLists(keys: readonly string[]): Promise<readonly (readonly string[])[]> {
    return (await this.getMany(keys)).map((bytes) => (bytes === null ? [] : parse(bytes)))
  }

  async incrementMany(keys: readonly string[], by: number, ttlMs: number): Promise<readonly number[]> {
    return this.#write(keys.length, (nowMs) => {
      const counts = new Array<number>(keys.length)
      for (let i = 0; i < keys.length; i++) counts[i] = this.#increment(keys[i]!, by, nowMs, ttlMs)
      return counts
    })
  }

  async rankMany(key: string, increments: readonly RankedMember[]): Promise<void> {
    await this.#writer.write(() => this.#ranks.add(key, increments))
  }

  async top(key: string, limit: number): Promise<readonly RankedMember[]> {
    this.#state.refreshReads()
    return this.#ranks.top(key, limit)
  }

  async addToTally(
    tally: string,
    sections: readonly TallySection[],
    options: TallyOptions,
  ): Promise<readonly TallyResult[]> {
    return this.#write(sections.length, () => this.#tallies.add(tally, sections, options))
  }

  async snapshotTally(tally: string, id: string): Promise<string | null> {
    return this.#write(1, () => this.#tallies.snapshot(tally, id))
  }

  async readTally(tally: string, id: string): Promise<TallySnapshot | null> {
    this.#state.refreshReads()
    return this.#tallies.read(tally, id)
  }

  async dropTally(tally: string, id: string): Promise<void> {
    await this.#write(1, () => this.#tallies.drop(tally, id))
  }

  async clearTally(tally: string): Promise<void> {
    await this.#write(1, () => this.#tallies.clear(tally))
  }

  async close(): Promise<void> {
    // The environment belongs to the stack, which closes it.
  }

  #write<T>(size: number, action: (nowMs: number) => T): T | Promise<T> {
    return this.#writer.write(() => {
      const nowMs = Date.now()
      const result = action(nowMs)
      this.#sweep.sweep(nowMs, size * 2 + 16)
      return result
    })
  }

  /** Stores each entry's content as JSON, or removes its key where there is none. */
  async #replace<E extends { readonly key: string; readonly ttlMs?: number }>(
    entries: readonly E[],
    contentOf: (entry: E) => unknown,
  ): Promise<void> {
    await this.#write(entries.length, () => {
      for (const entry of entries) {
        const { key, ttlMs } = entry
        const content = contentOf(entry)
        if (content === null) this.#values.removeSync(key)
        else {
          this.#putNow(key, Buffer.from(JSON.stringify(content)), ttlMs)
        }
      }
    })
  }

  /** `stored` is what the key holds now, where that is known. */
  #put(entry: KeyValueEntry, stored: Uint8Array | undefined, nowMs: number): void {
    const { key, value, ttlMs } = entry
    const expiresMs = ttlMs === undefined ? 0 : nowMs + ttlMs
    if (expiresMs !== 0 && (stored === undefined || expiryOf(stored) === 0)) this.#sweep.arm(key, expiresMs)
    const length = HEADER_BYTES + value.length
    const bytes = this.#scratch.reserve(length)
    bytes.writeDoubleLE(expiresMs, 0)
    bytes.set(value, HEADER_BYTES)
    this.#values.putSync(key, bytes.subarray(0, length))
  }

  /** The live value of a key; null where there is none. */
  #live(key: string): Buffer | null {
    const stored = this.#values.getBinaryFast(key) as Buffer | undefined
    if (stored === undefined || isExpired(stored, Date.now())) return null
    // The buffer is longer than what it holds, which only its length says.
    return stored.subarray(HEADER_BYTES, stored.length)
  }

  #putNow(key: string, value: Uint8Array, ttlMs: number | undefined): void {
    const stored = ttlMs === undefined ? undefined : this.#values.getBinaryFast(key)
    this.#put({ key, value, ...(ttlMs === undefined ? {} : { ttlMs }) }, stored, Date.now())
  }

  #increment(key: string, by: number, nowMs: number, ttlMs: number): number {
    const stored = this.#values.getBinaryFast(key) as Buffer | undefined
    const live = stored !== undefined && !isExpired(stored, nowMs)
    const expiresMs = live ? expiryOf(stored) : nowMs + ttlMs
    const count = live ? stored.readDoubleLE(HEADER_BYTES) + by : by
    if (stored === undefined || expiryOf(stored) === 0) this.#sweep.arm(key, expiresMs)
    const bytes = this.#scratch.reserve(HEADER_BYTES + 8)
    bytes.writeDoubleLE(expiresMs, 0)
    bytes.writeDoubleLE(count, HEADER_BYTES)
    this.#values.putSync(key, bytes.subarray(0, HEADER_BYTES + 8))
    return count
  }
}

function parse<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as T
}

/** The version that a stored value begins with; null where there is no live value. */
function versionOf(stored: Uint8Array | undefined, nowMs: number): number | null {
  if (stored === undefined || isExpired(stored, nowMs)) return null
  const bytes = stored as Buffer
  return bytes.readUInt32LE(HEADER_BYTES) + bytes.readUInt32LE(HEADER_BYTES + 4) * 2 ** 32
}
