import type { Tallies } from './tallies.ts'

export interface KeyValueEntry {
  readonly key: string
  readonly value: Uint8Array
  readonly ttlMs?: number
}

/** A versioned value begins with its version as an unsigned 64-bit little-endian integer. */
export interface VersionedEntry extends KeyValueEntry {
  /** The version that must be stored now; null: the key must be absent. */
  readonly expectedVersion: number | null
}

/** A map of short texts. */
export interface HashEntry {
  readonly key: string
  readonly fields: Readonly<Record<string, string>>
  readonly ttlMs?: number
}

export interface ListEntry {
  readonly key: string
  readonly items: readonly string[]
  readonly ttlMs?: number
}

export interface RankedMember {
  readonly member: string
  readonly score: number
}

/**
 * Binary values by key, with time to live. Every call is one round trip, whatever the batch's size. The bytes that a
 * caller gives are its own again, to be overwritten, once the call has settled.
 */
export interface KeyValue extends Tallies {
  readonly capabilities: { readonly driver: string }
  /** Values by position; null where absent or expired. The views are valid until the next call. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]>
  setMany(entries: readonly KeyValueEntry[]): Promise<void>
  /** Sets each entry whose stored version is the expected one; says by position which were set. */
  compareAndSetMany(entries: readonly VersionedEntry[]): Promise<readonly boolean[]>
  /** Sets each absent key; says by position which were. The building block of a de-duplication window. */
  setIfAbsentMany(entries: readonly KeyValueEntry[]): Promise<readonly boolean[]>
  deleteMany(keys: readonly string[]): Promise<void>
  /** Replaces whole hashes; one without fields goes. A key holds a value, a hash or a list, and is read as what it is. */
  setHashes(entries: readonly HashEntry[]): Promise<void>
  /** Hashes by position; null where absent. */
  getHashes(keys: readonly string[]): Promise<readonly (Readonly<Record<string, string>> | null)[]>
  /** Replaces whole lists; one without items goes. */
  setLists(entries: readonly ListEntry[]): Promise<void>
  /** Lists by position; empty where absent. */
  getLists(keys: readonly string[]): Promise<readonly (readonly string[])[]>
  /** Adds to counters that live for `ttlMs` after their first increment; returns their new values. */
  incrementMany(keys: readonly string[], by: number, ttlMs: number): Promise<readonly number[]>
  /** Adds to the scores of members of a ranked set. */
  rankMany(key: string, increments: readonly RankedMember[]): Promise<void>
  /** The highest-scored members, best first. */
  top(key: string, limit: number): Promise<readonly RankedMember[]>
  close(): Promise<void>
}
