import { type HttpTarget, requestHead } from './http-target.ts'

const OPEN = 91
const CLOSE = 93
const COMMA = 44
/** More than the longest content length and the blank line. */
const LENGTH_BYTES = 24

/** Puts requests together in one buffer, which grows: valid until the next call. */
export class RequestBytes {
  readonly #target: HttpTarget
  readonly #heads = new Map<string, Buffer>()
  #bytes = Buffer.allocUnsafe(4096)

  constructor(target: HttpTarget) {
    this.#target = target
  }

  /** `POST path` with these events as its body: one as it is, several as a list. */
  post(path: string, events: readonly { readonly value: Uint8Array }[]): Uint8Array {
    const head = this.#headOf(path)
    const single = events.length === 1
    let length = single ? 0 : events.length + 1
    for (let i = 0; i < events.length; i++) length += events[i]!.value.length
    this.#reserve(head.length + LENGTH_BYTES + length)
    const bytes = this.#bytes
    let at = head.copy(bytes)
    at += bytes.write(`${length}\r\n\r\n`, at, 'latin1')
    if (!single) bytes[at++] = OPEN
    for (let i = 0; i < events.length; i++) {
      if (i > 0) bytes[at++] = COMMA
      const { value } = events[i]!
      bytes.set(value, at)
      at += value.length
    }
    if (!single) bytes[at++] = CLOSE
    return bytes.subarray(0, at)
  }

  /** `method path` without a body. */
  bare(method: string, path: string): Uint8Array {
    return Buffer.from(`${method} ${path}${requestHead(this.#target)}\r\n`, 'latin1')
  }

  #headOf(path: string): Buffer {
    const known = this.#heads.get(path)
    if (known !== undefined) return known
    const own = 'content-type: application/json\r\ncontent-length: '
    const head = Buffer.from(`POST ${path}${requestHead(this.#target)}${own}`)
    // Paths with an id in them are many.
    if (this.#heads.size < MOST_HEADS) this.#heads.set(path, head)
    return head
  }

  #reserve(bytes: number): void {
    if (this.#bytes.length < bytes) this.#bytes = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#bytes.length))
  }
}

const MOST_HEADS = 16
