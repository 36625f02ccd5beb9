import { partitionOf } from '../kernel/hash.ts'

/** The sender of a user's events: the same for all of them, so that they keep their order. */
export function senderOf(key: Uint8Array, senders: number): number {
  return partitionOf(key, senders)
}
