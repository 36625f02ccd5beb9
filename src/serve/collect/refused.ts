import type { Fault } from '../../stages/collect/click-event.ts'

/** A request that is not taken as a whole. */
export class Refused extends Error {
  readonly status: 400 | 401 | 413 | 415 | 429
  readonly faults: readonly Fault[]
  readonly retryAfterSeconds: number | null

  constructor(
    status: Refused['status'],
    message: string,
    more: { faults?: readonly Fault[]; retryAfterSeconds?: number } = {},
  ) {
    super(message)
    this.name = 'Refused'
    this.status = status
    this.faults = more.faults ?? []
    this.retryAfterSeconds = more.retryAfterSeconds ?? null
  }

  /** Its sender still has the events, and may send them again: they are counted, not kept. */
  get unread(): boolean {
    return this.status === 401 || this.status === 429
  }
}
