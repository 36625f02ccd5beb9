import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import type { RunStart } from './run-clock.ts'
import type { ShardFacts } from './shard-facts.ts'

/** How far the first shard is, in order. */
export const LEAD_PHASES = ['gathering', 'prepared', 'started', 'drained', 'closed'] as const
export type LeadPhase = (typeof LEAD_PHASES)[number]
/** How far another shard is, in order. */
export const MEMBER_PHASES = ['joined', 'ready', 'sent', 'stopped'] as const
export type MemberPhase = (typeof MEMBER_PHASES)[number]

/** What the first shard makes known. */
export interface LeadNotice {
  /** Of this run of all shards. */
  readonly run: string
  readonly facts: ShardFacts
  readonly phase: LeadPhase
  /** Whom it has let in, by index. */
  readonly members: Readonly<Record<number, { readonly token: string; readonly who: string }>>
  readonly start: RunStart | null
  /** Whether the pipeline caught up; null before that is known. */
  readonly drained: boolean | null
}

/** What each other shard makes known. */
export interface MemberNotice {
  readonly token: string
  readonly who: string
  readonly facts: ShardFacts
  readonly phase: MemberPhase
}

interface Stamped<T> {
  readonly beat: number
  readonly notice: T
}

/** A notice whose author has not renewed it for so long is nobody's. */
export const SILENCE_MS = 15_000
const BEAT_MS = 150
const TTL_MS = 60_000

/**
 * Notices of the shards of a run in the stack's key-value store, each under its author's key and renewed as long as
 * its author lives. A store that is down for a while, or was emptied, is no reason to give up: notices come again.
 */
export class NoticeBoard {
  readonly #store: KeyValue
  readonly #seen = new Map<string, { beat: number; atMs: number; alive: boolean }>()
  #beat = 0

  constructor(store: KeyValue) {
    this.#store = store
  }

  async put(key: string, notice: unknown): Promise<void> {
    this.#beat++
    const stamped = { beat: this.#beat, notice } satisfies Stamped<unknown>
    const value = Buffer.from(JSON.stringify(stamped))
    await this.#store.setMany([{ key, value, ttlMs: TTL_MS }])
  }

  /** Notices by position; null for one that is not there or that nobody renews: a dead run's. */
  async read<T>(keys: readonly string[]): Promise<readonly (T | null)[]> {
    const values = await this.#store.getMany(keys)
    return values.map((value, i) => {
      const stamped = value === null ? null : (JSON.parse(Buffer.from(value).toString()) as Stamped<T>)
      return this.#isAlive(keys[i]!, stamped?.beat ?? null) ? (stamped?.notice ?? null) : null
    })
  }

  /** For how long nothing new was seen under a key; 0 where nothing ever was. */
  silentMs(key: string): number {
    const seen = this.#seen.get(key)
    return seen === undefined ? 0 : performance.now() - seen.atMs
  }

  async remove(key: string): Promise<void> {
    await this.#store.deleteMany([key])
  }

  #isAlive(key: string, beat: number | null): boolean {
    if (beat === null) return false
    const seen = this.#seen.get(key)
    // One look says nothing of whether its author lives.
    if (seen === undefined || beat !== seen.beat)
      this.#seen.set(key, { beat, atMs: performance.now(), alive: seen !== undefined })
    else if (this.silentMs(key) >= SILENCE_MS) seen.alive = false
    return this.#seen.get(key)!.alive
  }
}

/** Calls `beat` again and again until `stop`; a store that is away for a moment ends nothing. */
export function keepBeating(
  beat: () => Promise<void>,
  fail: (error: unknown) => void,
): { stop(): Promise<void> } {
  let stopped = false
  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        await beat()
      } catch (error) {
        if (!(error instanceof RepError && error.retryable)) return fail(error)
      }
      await sleep(BEAT_MS)
    }
  }
  const done = loop()
  return {
    stop: () => {
      stopped = true
      return done
    },
  }
}

export const LEAD_KEY = 'rep:shards:1'

export function memberKey(index: number): string {
  return `rep:shards:${index}`
}
