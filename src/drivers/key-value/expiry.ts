import type { Database } from 'lmdb'

/** Bytes before each stored value: when it expires, milliseconds since the epoch as a little-endian double; 0 for never. */
export const HEADER_BYTES = 8

/** When a stored value expires, milliseconds since the epoch; 0 for never. */
export function expiryOf(stored: Uint8Array): number {
  return (stored as Buffer).readDoubleLE(0)
}

/** True when a stored value is over its time. */
export function isExpired(stored: Uint8Array, nowMs: number): boolean {
  const expiresMs = expiryOf(stored)
  return expiresMs !== 0 && expiresMs <= nowMs
}

const TICK_MS = 1000
const TICK_BYTES = 6

/**
 * Removes expired values in small steps. Each value with an expiry has one alarm, at that time or before;
 * a value that lives longer by then gets a later alarm, so that renewing one writes no alarm.
 */
export class ExpirySweep {
  readonly #values: Database<Uint8Array, string>
  /** Keys: tick as 6 bytes big-endian, then the value's key. */
  readonly #alarms: Database<Uint8Array, Uint8Array>
  readonly #key = Buffer.alloc(TICK_BYTES + 2048)
  #nextSweepMs = 0

  constructor(values: Database<Uint8Array, string>, alarms: Database<Uint8Array, Uint8Array>) {
    this.#values = values
    this.#alarms = alarms
  }

  /** Call, within the write's transaction, for a value that had no expiry before. */
  arm(key: string, expiresMs: number): void {
    this.#key.writeUIntBE(Math.ceil(expiresMs / TICK_MS), 0, TICK_BYTES)
    const length = TICK_BYTES + this.#key.write(key, TICK_BYTES, 'utf8')
    this.#alarms.putSync(this.#key.subarray(0, length), EMPTY)
  }

  /** Handles at most `limit` alarms that are due; looks for them once a second unless more were due. */
  sweep(nowMs: number, limit: number): void {
    if (nowMs < this.#nextSweepMs) return
    const end = Buffer.alloc(TICK_BYTES)
    end.writeUIntBE(Math.floor(nowMs / TICK_MS) + 1, 0, TICK_BYTES)
    const due = [...this.#alarms.getKeys({ end, limit })]
    for (const alarm of due) this.#ring(alarm, nowMs)
    this.#nextSweepMs = due.length < limit ? nowMs + TICK_MS : nowMs
  }

  #ring(alarm: Uint8Array, nowMs: number): void {
    this.#alarms.removeSync(alarm)
    const key = (alarm as Buffer).toString('utf8', TICK_BYTES)
    const stored = this.#values.getBinaryFast(key)
    if (stored === undefined) return
    const expiresMs = expiryOf(stored)
    if (expiresMs === 0) return
    if (expiresMs <= nowMs) this.#values.removeSync(key)
    else this.arm(key, expiresMs)
  }
}

const EMPTY = new Uint8Array(0)
