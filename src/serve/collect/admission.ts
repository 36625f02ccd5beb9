import type { FastifyRequest } from 'fastify'
import type { Sender } from '../../stages/collect/bad-event.ts'
import { RateLimiter } from '../../stages/collect/rate-limiter.ts'
import { WriteKeys } from '../../stages/collect/write-keys.ts'
import type { CollectHttp } from './collect-http.ts'
import { Refused } from './refused.ts'

const ANONYMOUS = 'anonymous'

/** Who may send, and how much: decided before a body is read. */
export class Admission {
  readonly #keys: WriteKeys
  readonly #limiter: RateLimiter | null

  constructor({ writeKeys, eventsPerSecond }: Pick<CollectHttp, 'writeKeys' | 'eventsPerSecond'>) {
    this.#keys = new WriteKeys(writeKeys)
    this.#limiter = eventsPerSecond === null ? null : new RateLimiter(eventsPerSecond)
  }

  /** The sender of a request. Throws Refused: 401 without a known write key, 429 over the rate. */
  admit(request: FastifyRequest, nowMs: number): Sender {
    const name = this.senderName(request)
    if (name === null) {
      throw new Refused(401, 'A write key is needed: in the header X-Write-Key, or as ?write_key=.')
    }
    const waitSeconds = this.#limiter?.waitSeconds(this.#account(request, name), nowMs) ?? 0
    if (waitSeconds > 0) {
      throw new Refused(429, 'Too many events a second.', { retryAfterSeconds: waitSeconds })
    }
    return { name, receivedMs: nowMs }
  }

  /** Counts the events of an admitted request. */
  took(request: FastifyRequest, { name, receivedMs }: Sender, events: number): void {
    this.#limiter?.take(this.#account(request, name), events, receivedMs)
  }

  /** The name of the request's write key; null where it needs one and has none that is known. */
  senderName(request: FastifyRequest): string | null {
    if (!this.#keys.needed) return ANONYMOUS
    const header = request.headers['x-write-key']
    const key = header ?? (request.query as Record<string, unknown>).write_key
    return typeof key === 'string' ? this.#keys.nameOf(key) : null
  }

  #account(request: FastifyRequest, name: string): string {
    return this.#keys.needed ? name : request.ip
  }
}
