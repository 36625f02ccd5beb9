const MAX_HEAD_BYTES = 65_536
const EMPTY = Buffer.alloc(0)

/** What the bytes after the head are, by RFC 9112 section 6.3. */
const HEAD = 0
const SIZED = 1
const CHUNK_SIZE = 2
const CHUNK_DATA = 3
const CHUNK_END = 4
const TRAILERS = 5
const UNTIL_CLOSE = 6

/**
 * Incremental parser of HTTP/1.1 responses to GET, one at a time (no pipelining), for bytes that may be
 * split anywhere. It keeps the body only when asked to: a load driver needs but its length.
 */
export class HttpResponseParser {
  /** Status code of the response; 0 before its head is complete. */
  status = 0
  /** Whether the connection may carry another request after this response. */
  keepAlive = true
  bodyBytes = 0
  readonly #capture: boolean
  #state: number = HEAD
  #head = EMPTY
  #remaining = 0
  #line = ''
  #body: Buffer[] = []

  constructor(capture: boolean) {
    this.#capture = capture
  }

  /** True once bytes of a response have come. */
  get started(): boolean {
    return this.#state !== HEAD || this.#head.length > 0
  }

  /** Body of the finished response; empty unless capturing. */
  body(): Buffer {
    return this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body)
  }

  /** Makes ready for the next response on the same connection. */
  reset(): void {
    this.status = 0
    this.keepAlive = true
    this.bodyBytes = 0
    this.#state = HEAD
    this.#head = EMPTY
    if (this.#capture) this.#body = []
  }

  /**
   * Takes the next bytes; they may be overwritten afterwards. True when the response is complete.
   * Throws when the bytes are not a response, or when more than one response came.
   */
  push(bytes: Buffer): boolean {
    let at = 0
    while (this.#state === HEAD) {
      at = this.#readHead(bytes, at)
      if (at < 0) return false
    }
    if (this.#state === SIZED && this.#remaining === 0) return this.#finish(at, bytes.length)
    while (at < bytes.length) {
      const state = this.#state
      if (state === SIZED || state === CHUNK_DATA) {
        const end = Math.min(bytes.length, at + this.#remaining)
        this.#take(bytes, at, end)
        this.#remaining -= end - at
        at = end
        if (this.#remaining > 0) return false
        if (state === SIZED) return this.#finish(at, bytes.length)
        this.#state = CHUNK_END
      } else if (state === UNTIL_CLOSE) {
        this.#take(bytes, at, bytes.length)
        return false
      } else {
        at = this.#readLine(bytes, at)
        if (at < 0) return false
        if (this.#endLine()) return this.#finish(at, bytes.length)
      }
    }
    return false
  }

  /** The peer closed the connection. True when that completes the response (a body without a length). */
  end(): boolean {
    return this.#state === UNTIL_CLOSE
  }

  #finish(at: number, length: number): true {
    if (at < length) throw new Error(`${length - at} bytes came after the end of the response`)
    return true
  }

  #take(bytes: Buffer, from: number, to: number): void {
    this.bodyBytes += to - from
    if (this.#capture) this.#body.push(Buffer.from(bytes.subarray(from, to)))
  }

  /** Returns where the body begins, or -1 while the head is incomplete. Skips interim (1xx) responses. */
  #readHead(bytes: Buffer, from: number): number {
    const joined = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes.subarray(from)])
    const begin = joined === bytes ? from : 0
    const end = joined.indexOf('\r\n\r\n', begin, 'latin1')
    if (end < 0) {
      if (joined.length - begin > MAX_HEAD_BYTES)
        throw new Error(`response head over ${MAX_HEAD_BYTES} bytes`)
      this.#head = Buffer.from(joined.subarray(begin))
      return -1
    }
    const consumedBefore = joined === bytes ? 0 : this.#head.length - from
    this.#head = EMPTY
    this.#parseHead(joined.toString('latin1', begin, end))
    return end + 4 - consumedBefore
  }

  #parseHead(text: string): void {
    const status = Number(text.slice(9, 12))
    if (!text.startsWith('HTTP/1.') || !(status >= 100 && status <= 999)) {
      throw new Error(`not an HTTP/1.1 response: ${JSON.stringify(text.slice(0, 40))}`)
    }
    if (status === 101) throw new Error('the server switched protocols (status 101)')
    if (status < 200) return
    this.status = status
    const lower = text.toLowerCase()
    const connection = headerOf(lower, '\r\nconnection:')
    this.keepAlive =
      lower.charCodeAt(7) === 48 ? connection.includes('keep-alive') : !connection.includes('close')
    this.#chooseBody(status, lower)
  }

  #chooseBody(status: number, head: string): void {
    if (status === 204 || status === 304) {
      this.#state = SIZED
      this.#remaining = 0
      return
    }
    if (headerOf(head, '\r\ntransfer-encoding:').endsWith('chunked')) {
      this.#state = CHUNK_SIZE
      this.#line = ''
      return
    }
    const length = headerOf(head, '\r\ncontent-length:')
    if (length === '') {
      this.#state = UNTIL_CLOSE
      this.keepAlive = false
      return
    }
    if (!/^\d{1,15}$/.test(length))
      throw new Error(`content-length is not a number: ${JSON.stringify(length)}`)
    this.#state = SIZED
    this.#remaining = Number(length)
  }

  /** Adds to the current line of the chunked framing; -1 while it is incomplete. */
  #readLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(10, from)
    this.#line += bytes.toString('latin1', from, end < 0 ? bytes.length : end)
    if (this.#line.length > MAX_HEAD_BYTES) throw new Error('a line of the chunked body is too long')
    return end < 0 ? -1 : end + 1
  }

  /** Acts on a whole line of the chunked framing; true when it ended the response. */
  #endLine(): boolean {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    if (this.#state === TRAILERS) return line === ''
    if (this.#state === CHUNK_END) {
      if (line !== '') throw new Error('a chunk is longer than its size says')
      this.#state = CHUNK_SIZE
      return false
    }
    const size = /^[0-9a-f]{1,12}(?=$|[ \t;])/i.exec(line)
    if (size === null) throw new Error(`not a chunk size: ${JSON.stringify(line.slice(0, 40))}`)
    this.#remaining = Number.parseInt(size[0], 16)
    this.#state = this.#remaining === 0 ? TRAILERS : CHUNK_DATA
    return false
  }
}

/** Value of a header in a lower-cased head, trimmed; empty where absent. `name` is `\r\nname:`. */
function headerOf(head: string, name: string): string {
  const at = head.indexOf(name)
  if (at < 0) return ''
  const from = at + name.length
  const end = head.indexOf('\r\n', from)
  return head.slice(from, end < 0 ? head.length : end).trim()
}
