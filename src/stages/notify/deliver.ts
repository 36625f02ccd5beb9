import { setTimeout as sleep } from 'node:timers/promises'
import type { Notification } from '../../domain/events.ts'
import { backoffMs } from '../../kernel/backoff.ts'
import type { Channel } from './channel.ts'

const LONGEST_BACKOFF_MS = 30_000

export interface RetryPolicy {
  /** Most attempts, 1 or more. */
  readonly attempts: number
  /** Wait before the second attempt; doubles from there, with jitter, to at most 30 s. */
  readonly backoffMs: number
}

export interface Delivery {
  readonly status: 'delivered' | 'failed'
  readonly attempts: number
  /** Of the last attempt that failed; null where none did. */
  readonly reason: string | null
}

/** Sends a notification, again after each transient failure, until an attempt succeeds or no more may be made. */
export async function deliver(
  channel: Channel,
  notification: Notification,
  policy: RetryPolicy,
): Promise<Delivery> {
  const limits = { baseMs: policy.backoffMs, maxMs: LONGEST_BACKOFF_MS }
  let reason: string | null = null
  for (let attempt = 1; ; attempt++) {
    const result = await channel.send(notification, attempt)
    if (result.ok) return { status: 'delivered', attempts: attempt, reason }
    reason = result.reason
    if (result.permanent || attempt >= policy.attempts) return { status: 'failed', attempts: attempt, reason }
    await sleep(backoffMs(attempt - 1, limits))
  }
}
