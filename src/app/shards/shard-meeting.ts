import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShardNumber } from '../../config/parse-shard.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import type { ShardStart } from './run-clock.ts'
import type { ShardFacts } from './shard-facts.ts'

/** What a shard shares with the other shards of its run: who is ready, when it starts, and when it is over. */
export interface ShardMeeting {
  readonly shard: ShardNumber
  /** Names the run of all shards; known once the stack is prepared. */
  readonly run: string
  /** What the reader of the figures must know of the others. */
  readonly notes: readonly string[]
  /** By how much this shard's clock may differ from the first one's, µs. */
  readonly clockBoundUs: number
  /** The host's boot; empty where it is not known. */
  readonly boot: string
  /** First shard: the stack is prepared; waits for the others. Others: waits for that. */
  prepared(): Promise<void>
  /** This shard's threads are ready; waits for all, and agrees on due time 0. */
  start(): Promise<ShardStart>
  /** This shard has sent what it had to. Resolves when all have, or to the others: when the pipeline caught up. */
  sent(): Promise<void>
  /** First shard: the pipeline has caught up, or not. Others: what the first said; null where it is gone. */
  drained(caughtUp: boolean): Promise<void>
  /** Null on the first shard, and where the first shard is gone. */
  readonly caughtUp: boolean | null
  /** This shard's stages have settled; resolves when those of all have: the log is final. */
  stopped(): Promise<void>
  close(): Promise<void>
}

export interface MeetingOptions {
  readonly store: KeyValue
  /** The store's own clock, µs. */
  storeTimeUs(): Promise<number>
  readonly shard: ShardNumber
  readonly facts: ShardFacts
  readonly signal: AbortSignal
  log(line: string): void
  /** How long the shards wait for each other before the run; default 10 minutes. */
  readonly patienceMs?: number
}

/** Pods of a cluster may take minutes to be scheduled. */
export const PATIENCE_MS = 10 * 60_000

export function newToken(): string {
  return randomUUID()
}

export function whoAmI(): string {
  return `process ${process.pid} on ${hostname()}`
}

const LOOK_MS = 50

export interface WaitOptions {
  /** Null where the wait has its own end. */
  readonly signal: AbortSignal | null
  readonly patienceMs: number | null
  /** What it means that it took longer. */
  late(): RepError | null
}

/** Looks until something is so. Rejects with REP_INTERRUPTED at the signal, with `late()` when it takes too long. */
export async function waitFor(isSo: () => boolean, { signal, patienceMs, late }: WaitOptions): Promise<void> {
  const untilMs = patienceMs === null ? Number.POSITIVE_INFINITY : performance.now() + patienceMs
  while (!isSo()) {
    if (signal?.aborted === true)
      throw new RepError('REP_INTERRUPTED', 'Interrupted before all shards were ready.')
    if (performance.now() > untilMs)
      throw late() ?? new RepError('REP_INTERNAL', 'A wait without an end ended.')
    await sleep(LOOK_MS)
  }
}
