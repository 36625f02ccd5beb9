/** Due times that wait for a free connection, first in, first out; grows, so that none is ever dropped. */
export class WaitingTimes {
  #times = new Float64Array(1024)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(dueUs: number): void {
    if (this.#length === this.#times.length) this.#grow()
    this.#times[(this.#head + this.#length) & (this.#times.length - 1)] = dueUs
    this.#length++
  }

  /** Takes the oldest; only when there is one. */
  shift(): number {
    const dueUs = this.#times[this.#head]!
    this.#head = (this.#head + 1) & (this.#times.length - 1)
    this.#length--
    return dueUs
  }

  #grow(): void {
    const grown = new Float64Array(this.#times.length * 2)
    grown.set(this.#times.subarray(this.#head))
    grown.set(this.#times.subarray(0, this.#head), this.#times.length - this.#head)
    this.#times = grown
    this.#head = 0
  }
}
