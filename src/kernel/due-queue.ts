/** Keys by the time when each is due: at most one time a key, the earliest it was given. */
export class DueQueue {
  readonly #times = new Map<string, number>()
  /** A binary heap; entries whose key has another time by now are skipped when they come up. */
  readonly #heap: { readonly at: number; readonly key: string }[] = []

  get size(): number {
    return this.#times.size
  }

  /** Earliest time; infinite where nothing is due ever. */
  get next(): number {
    this.#dropStale()
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Makes a key due at a time, unless it is due before that. */
  add(key: string, at: number): void {
    if (!Number.isFinite(at)) return
    const before = this.#times.get(key)
    if (before !== undefined && before <= at) return
    this.#times.set(key, at)
    this.#heap.push({ at, key })
    this.#raise(this.#heap.length - 1)
  }

  /** Takes out keys that are due before a time, earliest first, `most` at most. */
  take(before: number, most: number): string[] {
    const keys: string[] = []
    while (keys.length < most && this.next < before) {
      const { key } = this.#pop()
      this.#times.delete(key)
      keys.push(key)
    }
    return keys
  }

  #dropStale(): void {
    while (this.#heap.length > 0 && this.#times.get(this.#heap[0]!.key) !== this.#heap[0]!.at) this.#pop()
  }

  #pop(): { readonly at: number; readonly key: string } {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) {
      heap[0] = last
      this.#lower()
    }
    return top
  }

  #raise(from: number): void {
    const heap = this.#heap
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.at <= heap[at]!.at) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #lower(): void {
    const heap = this.#heap
    for (let at = 0; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && heap[child]!.at < heap[least]!.at) least = child
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap
    const entry = heap[a]!
    heap[a] = heap[b]!
    heap[b] = entry
  }
}
