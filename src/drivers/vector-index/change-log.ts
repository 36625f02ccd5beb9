import type { Database } from 'lmdb'

/** Rows that one write touched, and whether their vectors changed or their attributes alone. */
export interface Change {
  readonly vectors: boolean
  readonly rows: Uint32Array
}

/** Changes that are kept; a reader further behind loads everything anew. */
const KEPT = 4096
const SEQUENCE_BYTES = 6

/** What changed in an index, by sequence number from 1, so that its readers can catch up. */
export class ChangeLog {
  /** Keys: sequence number, big-endian. Values: 1 for vectors, 0 for attributes, then row numbers, as u32. */
  readonly #entries: Database<Uint8Array, Uint8Array>
  readonly #key = Buffer.alloc(SEQUENCE_BYTES)

  constructor(entries: Database<Uint8Array, Uint8Array>) {
    this.#entries = entries
  }

  /** Call within a transaction. */
  append(sequence: number, change: Change): void {
    const words = new Uint32Array(change.rows.length + 1)
    words[0] = change.vectors ? 1 : 0
    words.set(change.rows, 1)
    this.#entries.putSync(this.#keyOf(sequence), new Uint8Array(words.buffer))
    if (sequence > KEPT) this.#entries.removeSync(this.#keyOf(sequence - KEPT))
  }

  /** True when every change after `sequence` is still kept. */
  reaches(sequence: number, latest: number): boolean {
    return sequence >= latest - KEPT
  }

  /** The change with this number, which must be kept. */
  read(sequence: number): Change {
    const stored = this.#entries.getBinaryFast(this.#keyOf(sequence))
    if (stored === undefined) throw new RangeError(`Change ${sequence} is no longer kept.`)
    const words = new Uint32Array(stored.length / 4)
    new Uint8Array(words.buffer).set(stored.subarray(0, stored.length))
    return { vectors: words[0] === 1, rows: words.subarray(1) }
  }

  #keyOf(sequence: number): Buffer {
    this.#key.writeUIntBE(sequence, 0, SEQUENCE_BYTES)
    return this.#key
  }
}
