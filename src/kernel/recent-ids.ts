const WORDS = 4

/**
 * The last ids of 128 bits, in flat memory: a ring of them and an open-addressing table over the ring. A
 * `Set` of strings keeps tens of MiB alive here, which every garbage collection copies or walks.
 */
export class RecentIds {
  readonly #capacity: number
  /** The id under way: fill it, then call `add` or `delete`. */
  readonly id = new Uint32Array(WORDS)
  readonly #ring: Uint32Array
  /** Ring slot + 1 by hash; 0 for none. */
  readonly #table: Int32Array
  readonly #mask: number
  #next = 0
  #filled = 0

  /** `capacity`: ids remembered, at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity
    this.#ring = new Uint32Array(capacity * WORDS)
    const size = 2 ** Math.ceil(Math.log2(capacity * 2))
    this.#table = new Int32Array(size)
    this.#mask = size - 1
  }

  /** Remembers `id` in place of the oldest; false when it is known already. */
  add(): boolean {
    if (this.#find(this.id, 0) >= 0) return false
    const slot = this.#next
    if (this.#filled === this.#capacity) this.#dropSlot(slot)
    else this.#filled++
    this.#ring.set(this.id, slot * WORDS)
    let at = this.#home(this.id, 0)
    while (this.#table[at] !== 0) at = (at + 1) & this.#mask
    this.#table[at] = slot + 1
    this.#next = slot + 1 === this.#capacity ? 0 : slot + 1
    return true
  }

  /** Forgets `id`. */
  delete(): void {
    const at = this.#find(this.id, 0)
    if (at >= 0) this.#vacate(at)
  }

  /** Forgets what a slot of the ring holds, unless it was forgotten before. */
  #dropSlot(slot: number): void {
    const at = this.#find(this.#ring, slot * WORDS)
    if (at >= 0 && this.#table[at] === slot + 1) this.#vacate(at)
  }

  /** Place in the table of the id at `from`; -1 where it is not known. */
  #find(words: Uint32Array, from: number): number {
    let at = this.#home(words, from)
    for (let entry = this.#table[at]!; entry !== 0; entry = this.#table[at]!) {
      if (this.#equals((entry - 1) * WORDS, words, from)) return at
      at = (at + 1) & this.#mask
    }
    return -1
  }

  #equals(slot: number, words: Uint32Array, from: number): boolean {
    const ring = this.#ring
    return (
      ring[slot + 3] === words[from + 3] &&
      ring[slot + 2] === words[from + 2] &&
      ring[slot + 1] === words[from + 1] &&
      ring[slot] === words[from]
    )
  }

  /** Empties a place and moves those behind it up, so that no search ends too early (Knuth 6.4, algorithm R). */
  #vacate(place: number): void {
    const table = this.#table
    let hole = place
    let at = (hole + 1) & this.#mask
    for (let entry = table[at]!; entry !== 0; entry = table[at]!) {
      const home = this.#home(this.#ring, (entry - 1) * WORDS)
      if (((at - home) & this.#mask) >= ((at - hole) & this.#mask)) {
        table[hole] = entry
        hole = at
      }
      at = (at + 1) & this.#mask
    }
    table[hole] = 0
  }

  #home(words: Uint32Array, from: number): number {
    let h = words[from]! ^ Math.imul(words[from + 1]!, 0x9e3779b1)
    h = Math.imul(h ^ words[from + 2]!, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 15) ^ words[from + 3]!, 0xc2b2ae35)
    return (h ^ (h >>> 16)) & this.#mask
  }
}
