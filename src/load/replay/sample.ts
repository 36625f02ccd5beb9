import { Random } from '../../kernel/random.ts'

/** So many of the things that pass by, each with the same chance (Vitter, 1985, algorithm R). */
export class Sample {
  readonly items: string[] = []
  readonly #size: number
  readonly #random: Random
  #seen = 0

  constructor(size: number, seed: number) {
    this.#size = size
    this.#random = new Random(seed, 'replay/sample')
  }

  add(item: string): void {
    this.#seen++
    if (this.items.length < this.#size) {
      this.items.push(item)
      return
    }
    const at = this.#random.below(this.#seen)
    if (at < this.#size) this.items[at] = item
  }
}
