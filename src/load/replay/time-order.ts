import type { ReplayRow } from './replay-row.ts'

/** Rows that wait for earlier ones. */
export const ORDER_WINDOW = 65_536

/**
 * Puts rows in the order of their times, equal ones as they came. It holds a fixed number of rows and gives
 * out the earliest when one more comes, so memory stays flat; a row that is earlier than one given out
 * before is late.
 */
export class TimeOrder {
  readonly #window: number
  /** A binary heap: the children of i are 2i + 1 and 2i + 2, and none is before its parent. */
  readonly #rows: ReplayRow[] = []
  readonly #arrivals: number[] = []
  #arrived = 0

  constructor(window = ORDER_WINDOW) {
    this.#window = window
  }

  /** Takes a row; returns the earliest of all once the window is full, else null. */
  push(row: ReplayRow): ReplayRow | null {
    this.#rows.push(row)
    this.#arrivals.push(this.#arrived++)
    this.#up(this.#rows.length - 1)
    return this.#rows.length > this.#window ? this.pop() : null
  }

  /** The earliest row; null when there is none. */
  pop(): ReplayRow | null {
    const first = this.#rows[0]
    if (first === undefined) return null
    const row = this.#rows.pop()!
    const arrival = this.#arrivals.pop()!
    if (this.#rows.length > 0) {
      this.#rows[0] = row
      this.#arrivals[0] = arrival
      this.#down()
    }
    return first
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!this.#before(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #down(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      let least = at
      if (left < this.#rows.length && this.#before(left, least)) least = left
      if (left + 1 < this.#rows.length && this.#before(left + 1, least)) least = left + 1
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #before(a: number, b: number): boolean {
    const difference = this.#rows[a]!.action.timestamp - this.#rows[b]!.action.timestamp
    return difference < 0 || (difference === 0 && this.#arrivals[a]! < this.#arrivals[b]!)
  }

  #swap(a: number, b: number): void {
    const row = this.#rows[a]!
    const arrival = this.#arrivals[a]!
    this.#rows[a] = this.#rows[b]!
    this.#arrivals[a] = this.#arrivals[b]!
    this.#rows[b] = row
    this.#arrivals[b] = arrival
  }
}
