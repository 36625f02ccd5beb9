import { RepError } from '../errors/rep-error.ts'

/** A slot: state, two words of the id, the sequence number. */
const SLOT_WORDS = 4
const FREE = 0
const TAKEN = 1
const READY = 2

/** Shared memory for the aliases of at most so many events. */
export function createAliases(events: number): SharedArrayBuffer {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(8, 2 * events)))
  return new SharedArrayBuffer(slots * SLOT_WORDS * 4)
}

/**
 * Sequence numbers by trace ids that a service gave: a hash table with open addressing in shared memory, which any
 * thread may read and write. Of an id, 64 of its random bits are kept: enough to tell a run's events apart.
 */
export class LedgerAliases {
  readonly #words: Int32Array
  readonly #mask: number

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#mask = this.#words.length / SLOT_WORDS - 1
  }

  /** Notes an event's id, before it is sent. An id that is there keeps its first event. */
  add(traceId: string, sequence: number): void {
    const [high, low] = wordsOf(traceId)
    for (let i = 0, slot = low; i <= this.#mask; i++, slot++) {
      const at = (slot & this.#mask) * SLOT_WORDS
      if (Atomics.compareExchange(this.#words, at, FREE, TAKEN) === FREE) {
        this.#words[at + 1] = high
        this.#words[at + 2] = low
        this.#words[at + 3] = sequence
        Atomics.store(this.#words, at, READY)
        return
      }
      if (this.#holds(at, high, low)) return
    }
    throw new RepError('REP_INTERNAL', 'The ledger has no room for another alias.')
  }

  /** The event's sequence number, or -1. */
  find(traceId: string): number {
    if (traceId.length !== 36) return -1
    const [high, low] = wordsOf(traceId)
    for (let i = 0, slot = low; i <= this.#mask; i++, slot++) {
      const at = (slot & this.#mask) * SLOT_WORDS
      if (Atomics.load(this.#words, at) === FREE) return -1
      if (this.#holds(at, high, low)) return this.#words[at + 3]!
    }
    return -1
  }

  #holds(at: number, high: number, low: number): boolean {
    return (
      Atomics.load(this.#words, at) === READY && this.#words[at + 1] === high && this.#words[at + 2] === low
    )
  }
}

function wordsOf(traceId: string): readonly [number, number] {
  return [Number.parseInt(traceId.slice(0, 8), 16) | 0, Number.parseInt(traceId.slice(28), 16) | 0]
}
