import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import type { LogRecord } from '../ports/event-log.ts'
import { allFailed, readAnswer } from './collector-answer.ts'
import type { HttpTarget } from './http-target.ts'
import type { Sent } from './in-flight.ts'
import { RequestSender, type SenderRequest } from './request-sender.ts'
import { senderOf } from './sender-of.ts'

export interface CollectorClientOptions {
  readonly target: HttpTarget
  readonly senders: number
  readonly timeoutMs: number
}

const EVENTS_PATH = '/v1/events'
/** How often timeouts are looked for, at most. */
const SWEEP_MS = 50

/** Hands events to a collector over HTTP; each user's over one connection, one request at a time. */
export class CollectorClient {
  readonly #options: CollectorClientOptions
  readonly #senders: readonly RequestSender[]
  #sweeper: NodeJS.Timeout | undefined

  constructor(options: CollectorClientOptions) {
    const { target, senders, timeoutMs } = options
    this.#options = options
    this.#senders = Array.from({ length: senders }, () => new RequestSender(target, timeoutMs))
  }

  /** Opens all connections. Rejects with REP_ENVIRONMENT where the collector does not answer. */
  async open(): Promise<void> {
    const { target, timeoutMs } = this.#options
    try {
      await Promise.all(this.#senders.map((sender) => sender.open(timeoutMs)))
    } catch (cause) {
      this.close()
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RepError(
        'REP_ENVIRONMENT',
        `cannot connect to the collector at ${target.authority}: ${why}`,
        {
          cause,
        },
      )
    }
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(SWEEP_MS, timeoutMs / 4))
  }

  /** Posts the events of one sender as one request. Their bytes must stay until it resolves; it never rejects. */
  append(events: readonly LogRecord[]): Promise<Sent> {
    return new Promise((resolve) => {
      this.request(events[0]!.key, {
        bytes: (make) => make.post(EVENTS_PATH, events),
        answered: (status, body) => resolve(readAnswer(status, body, events.length)),
        failed: (error, sent) => resolve(allFailed(events.length, error.message, sent)),
      })
    })
  }

  /** Sends any request of the user with this key, behind what the user's sender has under way. */
  request(key: Uint8Array, request: SenderRequest): void {
    this.#senders[senderOf(key, this.#senders.length)]!.send(request)
  }

  close(): void {
    clearInterval(this.#sweeper)
    for (const sender of this.#senders) sender.close()
  }

  #sweep(): void {
    const atUs = nowUs()
    for (const sender of this.#senders) sender.sweep(atUs)
  }
}
