const HEX = new TextEncoder().encode('0123456789abcdef')

/** Digits of a trace id (src/domain/trace-id.ts), rewritten in place from event to event. */
export class TraceIdBytes {
  readonly bytes = new TextEncoder().encode('00000000-0000-7000-8000-000000000000')

  constructor(tag: number) {
    this.#writeHex(15, 3, tag >>> 4)
    this.#writeHex(20, 1, tag & 15)
  }

  setTime(timestampMs: number): void {
    this.#writeHex(0, 8, Math.floor(timestampMs / 0x10000))
    this.#writeHex(9, 4, timestampMs % 0x10000)
  }

  setSequence(sequence: number): void {
    this.#writeHex(24, 6, Math.floor(sequence / 0x1000000))
    this.#writeHex(30, 6, sequence % 0x1000000)
  }

  #writeHex(at: number, digits: number, value: number): void {
    let rest = value
    for (let i = at + digits - 1; i >= at; i--) {
      this.bytes[i] = HEX[rest & 15]!
      rest >>>= 4
    }
  }
}
