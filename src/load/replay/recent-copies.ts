import { hashWord } from '../../kernel/random.ts'

/** Rows that are remembered to find exact copies: memory stays flat. */
export const COPY_WINDOW = 2 ** 16

/** Counts rows that are exact copies of one of the last `COPY_WINDOW` rows, by a hash of 53 bits. */
export class RecentCopies {
  readonly #ring = new Float64Array(COPY_WINDOW)
  /** How often each hash is in the ring. */
  readonly #seen = new Map<number, number>()
  #rows = 0
  copies = 0

  add(text: string): void {
    const hash = (hashWord(1, text) & 0x1fffff) * 2 ** 32 + hashWord2(text)
    const at = this.#rows % COPY_WINDOW
    if (this.#rows >= COPY_WINDOW) this.#forget(this.#ring[at]!)
    this.#ring[at] = hash
    this.#rows++
    const times = this.#seen.get(hash) ?? 0
    this.#seen.set(hash, times + 1)
    if (times > 0) this.copies++
  }

  #forget(hash: number): void {
    const times = this.#seen.get(hash)!
    if (times === 1) this.#seen.delete(hash)
    else this.#seen.set(hash, times - 1)
  }
}

/** djb2 with xor: another hash of the same text than `hashWord`, whose seed only changes the last mixing. */
function hashWord2(text: string): number {
  let h = 5381
  for (let i = 0; i < text.length; i++) h = Math.imul(h, 33) ^ text.charCodeAt(i)
  return h >>> 0
}
