import type { ActionSpans } from '../../domain/lake/action-spans.ts'
import type { StoredRecord } from '../../ports/event-log.ts'

const FIRST_BYTES = 64 * 1024

/** Records of one partition in offset order, copied: those of a poll live only until the next one. */
export class HeldRecords {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #ends: number[] = []
  #offsets: number[] = []
  #receivedMs: number[] = []

  get count(): number {
    return this.#offsets.length
  }

  /** Bytes of the values. */
  get bytes(): number {
    return this.#ends.at(-1) ?? 0
  }

  add({ value, offset, timestampMs }: StoredRecord): void {
    const start = this.bytes
    const end = start + value.length
    if (end > this.#bytes.length) this.#grow(end)
    this.#bytes.set(value, start)
    this.#ends.push(end)
    this.#offsets.push(offset)
    this.#receivedMs.push(timestampMs)
  }

  /** How many records lie before an offset. */
  countBefore(offset: number): number {
    let count = this.#offsets.length
    while (count > 0 && this.#offsets[count - 1]! >= offset) count--
    return count
  }

  offset(at: number): number {
    return this.#offsets[at]!
  }

  receivedMs(at: number): number {
    return this.#receivedMs[at]!
  }

  /** Finds the values of a record, valid until the next change; false where it is no user action. */
  read(at: number, spans: ActionSpans): boolean {
    return spans.read(this.#bytes, at === 0 ? 0 : this.#ends[at - 1]!, this.#ends[at]!)
  }

  /** Forgets the first records. */
  drop(count: number): void {
    if (count === 0) return
    const cut = this.#ends[count - 1]!
    this.#bytes.copyWithin(0, cut, this.bytes)
    this.#ends = this.#ends.slice(count).map((end) => end - cut)
    this.#offsets = this.#offsets.slice(count)
    this.#receivedMs = this.#receivedMs.slice(count)
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#bytes.length))
    this.#bytes.copy(grown, 0, 0, this.bytes)
    this.#bytes = grown
  }
}
