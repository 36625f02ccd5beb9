import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import { type ConnectionOwner, HttpConnection, type HttpFailure } from './http-connection.ts'
import type { HttpTarget } from './http-target.ts'
import { WaitingTimes } from './http-waiting.ts'
import type { Schedule } from './schedule.ts'

/** Told about every request, exactly once a method: cheap calls, all times in µs on the host's clock. */
export interface HttpLoadObserver {
  /** The connections are open; due time 0 is at `originUs`. */
  started?(originUs: number): void
  /** The request was noticed to be due, `lagUs` after its due time: the generator's own lateness. */
  due(dueUs: number, lagUs: number): void
  /** A whole response came, whatever its status. */
  responded(status: number, times: RequestTimes): void
  failed(failure: HttpFailure, times: RequestTimes): void
}

/** Reused between calls: copy what is to be kept. */
export interface RequestTimes {
  /** Position in the schedule, from 0. */
  readonly index: number
  readonly dueUs: number
  readonly sendUs: number
  readonly doneUs: number
}

export interface HttpLoadOptions {
  readonly target: HttpTarget
  /** Path and query of the i-th request: ASCII, percent-encoded. */
  pathOf(index: number): string
  /** The i-th request's body, JSON, which makes it a POST; without it all are GETs. */
  bodyOf?(index: number): string
  readonly schedule: Pick<Schedule, 'next'>
  /** Due time 0 on the host's clock, µs; default: as soon as the connections are open. */
  readonly originUs?: number
  readonly connections: number
  /** From sending to the last byte; then the request failed and its connection is closed. */
  readonly timeoutMs: number
  /** How long after the last due time waiting requests may still be sent and answered; then they are `unsent`. */
  readonly drainMs: number
  readonly signal: AbortSignal
  readonly observer: HttpLoadObserver
}

export interface HttpLoadResult {
  /** Requests that came due. due = responded + failures + unsent, always. */
  readonly due: number
  readonly sent: number
  readonly responded: number
  /** Responses by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly failures: Readonly<Record<HttpFailure, number>>
  /** Message of the first failure of each kind. */
  readonly firstErrors: Readonly<Partial<Record<HttpFailure, string>>>
  /** Came due, and were still waiting for a connection when the drain time was over or the run aborted. */
  readonly unsent: number
  readonly aborted: boolean
}

/**
 * Drives a service in an open loop: each request is sent at its due time if a connection is free; otherwise
 * it waits, keeps its due time, and goes out on the first connection that becomes free. Rejects with
 * REP_ENVIRONMENT when the connections cannot be opened.
 */
export async function runHttpLoad(options: HttpLoadOptions): Promise<HttpLoadResult> {
  const run = new HttpLoadRun(options)
  await run.open()
  return run.drive()
}

/** A timer of Node is as coarse as this. */
const TIMER_MS = 1
/** How often timeouts are looked for, at most. */
const SWEEP_MS = 50

class HttpLoadRun implements ConnectionOwner {
  readonly #options: HttpLoadOptions
  readonly #connections: HttpConnection[]
  readonly #free: HttpConnection[]
  readonly #waiting = new WaitingTimes()
  readonly #times = { index: 0, dueUs: 0, sendUs: 0, doneUs: 0 }
  readonly #statuses: Record<string, number> = {}
  readonly #failures: Record<HttpFailure, number> = { timeout: 0, connection: 0, protocol: 0, cancelled: 0 }
  readonly #firstErrors: Partial<Record<HttpFailure, string>> = {}
  readonly #finished = Promise.withResolvers<void>()
  #originUs = 0
  #nextDueUs = 0
  #lastDueUs = 0
  #due = 0
  #sent = 0
  #responded = 0
  #sweepAtUs = 0
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: HttpLoadOptions) {
    this.#options = options
    this.#connections = Array.from(
      { length: options.connections },
      () => new HttpConnection(options.target, this, false),
    )
    this.#free = [...this.#connections]
  }

  async open(): Promise<void> {
    const { target, timeoutMs } = this.#options
    try {
      await Promise.all(this.#connections.map((connection) => connection.open(timeoutMs)))
    } catch (cause) {
      for (const connection of this.#connections) connection.close()
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RepError('REP_ENVIRONMENT', `cannot connect to ${target.authority}: ${why}`, { cause })
    }
  }

  async drive(): Promise<HttpLoadResult> {
    const { signal, schedule } = this.#options
    const abort = (): void => this.#end()
    this.#originUs = this.#options.originUs ?? nowUs()
    this.#options.observer.started?.(this.#originUs)
    this.#nextDueUs = this.#originUs + schedule.next()
    if (signal.aborted) this.#end()
    signal.addEventListener('abort', abort, { once: true })
    this.#tick()
    await this.#finished.promise
    signal.removeEventListener('abort', abort)
    for (const connection of this.#connections) connection.close()
    return this.#result()
  }

  responded(connection: HttpConnection, doneUs: number): void {
    this.#responded++
    const status = connection.parser.status
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    this.#options.observer.responded(status, this.#timesOf(connection, doneUs))
    this.#freed(connection, doneUs)
  }

  failed(connection: HttpConnection, failure: HttpFailure, error: Error): void {
    const atUs = nowUs()
    this.#failures[failure]++
    this.#firstErrors[failure] ??= error.message
    this.#options.observer.failed(failure, this.#timesOf(connection, atUs))
    this.#freed(connection, atUs)
  }

  #freed(connection: HttpConnection, atUs: number): void {
    this.#free.push(connection)
    this.#advance(atUs)
  }

  #tick(): void {
    if (this.#over) return
    const atUs = nowUs()
    if (atUs >= this.#sweepAtUs) this.#sweep(atUs)
    this.#advance(atUs)
    if (this.#over) return
    // Rounded down: what comes due within the timer's grain is sent by the next tick or response.
    const untilDueMs = Math.floor((this.#nextDueUs - atUs) / 1e3)
    this.#timer = setTimeout(() => this.#tick(), Math.max(TIMER_MS, Math.min(untilDueMs, SWEEP_MS)))
  }

  /** Takes what came due off the schedule, sends what can be sent, and ends the run when all is done. */
  #advance(atUs: number): void {
    if (this.#over) return
    const { observer, schedule } = this.#options
    while (this.#nextDueUs <= atUs) {
      observer.due(this.#nextDueUs, atUs - this.#nextDueUs)
      this.#waiting.push(this.#nextDueUs)
      this.#due++
      this.#lastDueUs = this.#nextDueUs
      this.#nextDueUs = this.#originUs + schedule.next()
    }
    while (this.#waiting.length > 0 && this.#free.length > 0) this.#send(this.#free.pop()!)
    if (this.#nextDueUs !== Infinity) return
    const idle = this.#free.length === this.#connections.length && this.#waiting.length === 0
    if (idle || atUs - this.#lastDueUs > this.#options.drainMs * 1e3) this.#end()
  }

  #send(connection: HttpConnection): void {
    connection.dueUs = this.#waiting.shift()
    connection.index = this.#sent++
    const { index } = connection
    connection.send(this.#options.pathOf(index), this.#options.bodyOf?.(index))
  }

  #sweep(atUs: number): void {
    const { timeoutMs } = this.#options
    this.#sweepAtUs = atUs + Math.min(SWEEP_MS, timeoutMs / 4) * 1e3
    for (const connection of this.#connections) {
      if (connection.busy && atUs - connection.sendUs > timeoutMs * 1e3) {
        connection.abort('timeout', new Error(`no response within ${timeoutMs} ms`))
      }
    }
  }

  /** Stops; what is still in flight fails, so that every request has its end. */
  #end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    for (const connection of this.#connections) {
      connection.abort('cancelled', new Error('no response when the run ended'))
    }
    this.#finished.resolve()
  }

  #timesOf(connection: HttpConnection, doneUs: number): RequestTimes {
    const times = this.#times
    times.index = connection.index
    times.dueUs = connection.dueUs
    times.sendUs = connection.sendUs
    times.doneUs = doneUs
    return times
  }

  #result(): HttpLoadResult {
    return {
      due: this.#due,
      sent: this.#sent,
      responded: this.#responded,
      statuses: this.#statuses,
      failures: this.#failures,
      firstErrors: this.#firstErrors,
      unsent: this.#due - this.#sent,
      aborted: this.#options.signal.aborted,
    }
  }
}
