import { randomInt } from 'node:crypto'
import type { KeyValue } from '../../ports/key-value.ts'
import type { Sql } from '../../ports/sql.ts'
import { tallyKeys } from '../../ports/tallies.ts'
import { TALLY } from './counters.ts'

/** Key of the lock: 8 bytes, the holder's number as an unsigned little-endian integer. */
export const LEASE_KEY = tallyKeys(TALLY).moment('flusher')

/**
 * Who may flush. The lock in the key-value store keeps members from doing the same work; what keeps one who was paused
 * while it had the lock from writing is the token in PostgreSQL, which grows each time that the lock changes hands.
 */
export class FlushLease {
  readonly #keyValue: KeyValue
  readonly #sql: Sql
  readonly #ttlMs: number
  readonly #holder = randomInt(1, 2 ** 47)
  #held = false
  #token: number | null = null

  constructor({ keyValue, sql, ttlMs }: { keyValue: KeyValue; sql: Sql; ttlMs: number }) {
    this.#keyValue = keyValue
    this.#sql = sql
    this.#ttlMs = ttlMs
  }

  /** Takes the lock, or keeps it; this holder's token, null where another has it. */
  async hold(): Promise<number | null> {
    if (!(await this.#lock())) {
      this.#token = null
      return null
    }
    return this.#token ?? this.take()
  }

  /** A new token, whoever has the lock: all older ones are worthless from now on. */
  async take(): Promise<number> {
    const [row] = await this.#sql.query<{ fencing_token: number }>(
      // The row is missing where the tables were emptied.
      `INSERT INTO statistics_state (fencing_token) VALUES (1)
       ON CONFLICT (only_row) DO UPDATE SET fencing_token = statistics_state.fencing_token + 1
       RETURNING fencing_token`,
    )
    this.#token = row!.fencing_token
    return this.#token
  }

  /** Somebody else has a newer token. */
  lose(): void {
    this.#token = null
  }

  /** Lets the next one have the lock at once. */
  async release(): Promise<void> {
    if (this.#held) await this.#renew(1)
    this.#held = false
    this.#token = null
  }

  async #lock(): Promise<boolean> {
    if (this.#held) this.#held = await this.#renew(this.#ttlMs)
    if (this.#held) return true
    this.#token = null
    const [taken] = await this.#keyValue.setIfAbsentMany([
      { key: LEASE_KEY, value: this.#value(), ttlMs: this.#ttlMs },
    ])
    this.#held = taken === true
    return this.#held
  }

  async #renew(ttlMs: number): Promise<boolean> {
    const entry = { key: LEASE_KEY, value: this.#value(), expectedVersion: this.#holder, ttlMs }
    const [kept] = await this.#keyValue.compareAndSetMany([entry])
    return kept === true
  }

  #value(): Uint8Array {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(this.#holder))
    return bytes
  }
}
