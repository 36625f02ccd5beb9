import { nowUs } from '../kernel/time.ts'
import { type ConnectionOwner, HttpConnection, type HttpFailure } from './http-connection.ts'
import type { HttpTarget } from './http-target.ts'
import { RequestBytes } from './request-bytes.ts'

/** A request, and who hears of its end, exactly once. */
export interface SenderRequest {
  /** The bytes to send; they are sent at once. */
  bytes(make: RequestBytes): Uint8Array
  answered(status: number, body: Buffer): void
  /** `sent` is false where it certainly never left. */
  failed(error: Error, sent: boolean): void
}

interface Waiting {
  readonly request: SenderRequest
  readonly handedUs: number
}

/** Sends requests one after the other over one connection: what a sender sends arrives in its order. */
export class RequestSender implements ConnectionOwner {
  readonly #connection: HttpConnection
  readonly #bytes: RequestBytes
  readonly #timeoutUs: number
  readonly #waiting: Waiting[] = []
  #current: Waiting | null = null

  constructor(target: HttpTarget, timeoutMs: number) {
    this.#connection = new HttpConnection(target, this, true)
    this.#bytes = new RequestBytes(target)
    this.#timeoutUs = timeoutMs * 1e3
  }

  /** Opens its connection ahead of the first request; rejects with the socket's error. */
  open(timeoutMs: number): Promise<void> {
    return this.#connection.open(timeoutMs)
  }

  /** True while a request is under way. */
  get busy(): boolean {
    return this.#current !== null
  }

  send(request: SenderRequest): void {
    this.#waiting.push({ request, handedUs: nowUs() })
    if (this.#current === null) this.#next()
  }

  /** Ends what has taken too long, the one under way and those behind it. */
  sweep(atUs: number): void {
    const { handedUs } = this.#current ?? { handedUs: atUs }
    if (atUs - handedUs <= this.#timeoutUs) return
    this.#connection.abort('timeout', new Error(`no answer within ${this.#timeoutUs / 1e3} ms`))
  }

  responded(connection: HttpConnection): void {
    const { request } = this.#take()
    try {
      request.answered(connection.parser.status, connection.parser.body())
    } finally {
      this.#next()
    }
  }

  failed(_connection: HttpConnection, _failure: HttpFailure, error: Error): void {
    const { request } = this.#take()
    // A connection that was refused has carried nothing.
    request.failed(error, (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED')
    this.#next()
  }

  /** Closes the connection; requests that are under way or wait are told so. */
  close(): void {
    const waiting = this.#waiting.splice(0)
    this.#connection.abort('cancelled', new Error('the sender was closed'))
    this.#connection.close()
    for (const { request } of waiting) request.failed(new Error('the sender was closed'), false)
  }

  #take(): Waiting {
    const current = this.#current!
    this.#current = null
    return current
  }

  #next(): void {
    while (this.#current === null) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      if (nowUs() - next.handedUs > this.#timeoutUs) {
        next.request.failed(new Error(`not sent within ${this.#timeoutUs / 1e3} ms`), false)
      } else {
        this.#current = next
        this.#connection.sendBytes(next.request.bytes(this.#bytes))
      }
    }
  }
}
