import { type ConnectionOwner, HttpConnection, type HttpFailure } from './http-connection.ts'
import type { HttpTarget } from './http-target.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer
  /** When the last byte came, µs on the host's clock. */
  readonly doneUs: number
}

/** A request that got no whole response. */
export class HttpRequestError extends Error {
  readonly failure: HttpFailure

  constructor(failure: HttpFailure, cause: Error) {
    super(cause.message, { cause })
    this.name = 'HttpRequestError'
    this.failure = failure
  }
}

/** GETs with bodies over keep-alive connections, as many as are needed at once; for canaries and the like. */
export class HttpClient implements ConnectionOwner {
  readonly #target: HttpTarget
  readonly #idle: HttpConnection[] = []
  readonly #pending = new Map<HttpConnection, PromiseWithResolvers<HttpAnswer>>()
  #closed = false

  constructor(target: HttpTarget) {
    this.#target = target
  }

  /** Rejects with HttpRequestError when no whole response came within the time; any status resolves. */
  async get(path: string, timeoutMs: number): Promise<HttpAnswer> {
    if (this.#closed) throw new HttpRequestError('cancelled', new Error('the client is closed'))
    const connection = this.#idle.pop() ?? new HttpConnection(this.#target, this, true)
    const answer = Promise.withResolvers<HttpAnswer>()
    this.#pending.set(connection, answer)
    const timer = setTimeout(() => {
      connection.abort('timeout', new Error(`no response within ${timeoutMs} ms`))
    }, timeoutMs)
    connection.send(path)
    try {
      return await answer.promise
    } finally {
      clearTimeout(timer)
    }
  }

  responded(connection: HttpConnection, doneUs: number): void {
    const { status } = connection.parser
    this.#take(connection).resolve({ status, body: connection.parser.body(), doneUs })
  }

  failed(connection: HttpConnection, failure: HttpFailure, error: Error): void {
    this.#take(connection).reject(new HttpRequestError(failure, error))
  }

  /** Closes all connections; requests in flight are cancelled. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#pending.keys()]) {
      connection.abort('cancelled', new Error('the client was closed'))
    }
    for (const connection of this.#idle) connection.close()
  }

  #take(connection: HttpConnection): PromiseWithResolvers<HttpAnswer> {
    const answer = this.#pending.get(connection)!
    this.#pending.delete(connection)
    this.#idle.push(connection)
    return answer
  }
}
