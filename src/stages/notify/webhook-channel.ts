import { Agent, request } from 'undici'
import type { Notification } from '../../domain/events.ts'
import type { AttemptResult, Channel } from './channel.ts'

const TIMEOUT_MS = 5000
/** Statuses below 500 after which the same request may succeed later: timeout, too early, too many. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429])

export interface WebhookOptions {
  readonly url: string
  /** Most requests at the same time. */
  readonly concurrency: number
  /** For an attempt as a whole; default 5 s. */
  readonly timeoutMs?: number
}

/**
 * Posts each notification as JSON to one address and to no other: redirects are failures. The header
 * `Idempotency-Key` is the trace id, by which a receiver knows a notification that comes twice.
 */
export class WebhookChannel implements Channel {
  readonly #url: string
  readonly #timeoutMs: number
  readonly #agent: Agent

  constructor({ url, concurrency, timeoutMs = TIMEOUT_MS }: WebhookOptions) {
    this.#url = url
    this.#timeoutMs = timeoutMs
    this.#agent = new Agent({ connections: concurrency, pipelining: 1 })
  }

  async send(notification: Notification): Promise<AttemptResult> {
    try {
      const { statusCode, body } = await request(this.#url, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: { 'content-type': 'application/json', 'idempotency-key': notification.traceId },
        body: JSON.stringify(notification),
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      await body.dump()
      return resultOf(statusCode)
    } catch (error) {
      return { ok: false, permanent: false, reason: `the webhook did not answer: ${reasonOf(error)}` }
    }
  }

  async close(): Promise<void> {
    await this.#agent.close()
  }
}

function resultOf(status: number): AttemptResult {
  if (status >= 200 && status < 300) return { ok: true }
  const permanent = status < 500 && !TRANSIENT.has(status)
  return { ok: false, permanent, reason: `the webhook answered with status ${status}` }
}

/** A refused connection to a name with several addresses has its reasons one level down. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message || error.name : String(error)
}
