import type { Notification } from '../../domain/events.ts'

/** What became of one attempt. A permanent failure would be the same again. */
export type AttemptResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly permanent: boolean; readonly reason: string }

/** A way to a user. */
export interface Channel {
  /** Tries once; failing is a result, not a rejection. `attempt` counts from 1. */
  send(notification: Notification, attempt: number): Promise<AttemptResult>
  close(): Promise<void>
}
