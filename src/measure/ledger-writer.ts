import type { Stream } from '../domain/trace-id.ts'
import { RepError } from '../errors/rep-error.ts'
import { APPEND, type LedgerBuffers, openLedger, type StreamAccount, TraceFinder } from './ledger.ts'
import { LedgerAliases } from './ledger-aliases.ts'

/** Effects are counted up to here; far enough below 255 that threads adding at once cannot wrap a byte. */
export const MOST_EFFECTS = 200
/** Found durable, but not told of by whoever applied it: once, and once still when that is told late. */
export const FOUND = 255
const MOST_LAG_US = 2 ** 32 - 1

/** Writes one thread's share of the ledger; no call allocates or waits. */
export class LedgerWriter {
  readonly #accounts: ReadonlyMap<Stream, StreamAccount>
  readonly #finder: TraceFinder
  readonly #aliases: LedgerAliases | null

  constructor(buffers: LedgerBuffers) {
    const accounts = openLedger(buffers)
    this.#accounts = new Map(accounts.map((account) => [account.stream, account]))
    this.#finder = new TraceFinder(accounts, buffers.aliases)
    this.#aliases = buffers.aliases === undefined ? null : new LedgerAliases(buffers.aliases)
  }

  /** The accounts of all streams, in the ledger's order. */
  get accounts(): readonly StreamAccount[] {
    return [...this.#accounts.values()]
  }

  /** Notes the trace id that an action will have, where that does not hold its number; before it is sent. */
  alias(traceId: string, sequence: number): void {
    if (this.#aliases === null) throw new RepError('REP_INTERNAL', 'The ledger has no aliases.')
    this.#aliases.add(traceId, sequence)
  }

  /** The appends of one stream; keep it rather than ask for each event. Throws REP_INTERNAL when undeclared. */
  appends(stream: Stream): AppendAccount {
    const account = this.#accounts.get(stream)
    if (account === undefined) throw new RepError('REP_INTERNAL', `The ledger has no stream ${stream}.`)
    return new AppendAccount(account)
  }

  /**
   * The effects of one stage. Streams at which the stage is not expected are not counted: their events
   * are nobody's loss there.
   */
  effects(stage: string): EffectAccount {
    return new EffectAccount(this.#finder, this.#accounts, stage)
  }

  /** Send time minus due time, µs, of the event of a trace id; -1 for an event that was not sent from here. */
  lagUsOf(traceId: string): number {
    const finder = this.#finder
    return finder.find(traceId) ? this.lagUsAt(finder.account, finder.sequence) : -1
  }

  /** The same of an event whose account is known. */
  lagUsAt({ states, lagsUs }: StreamAccount, sequence: number): number {
    if (sequence >= states.length || states[sequence] === APPEND.none) return -1
    return lagsUs[sequence]!
  }
}

/** What became of the appends of one stream's events. */
export class AppendAccount {
  readonly #account: StreamAccount

  constructor(account: StreamAccount) {
    this.#account = account
  }

  /** The event is about to be handed to the driver, `lagUs` after its due time. Call this before the append. */
  sent(sequence: number, lagUs: number): void {
    this.#account.reserve(sequence)
    this.#account.lagsUs[sequence] = Math.min(MOST_LAG_US, Math.max(0, lagUs))
    this.#account.states[sequence] = APPEND.sent
  }

  acknowledged(sequence: number): void {
    this.#set(sequence, APPEND.acknowledged)
  }

  /** Certainly not stored. */
  failed(sequence: number): void {
    this.#set(sequence, APPEND.failed)
  }

  /** Done, and made no event. */
  answered(sequence: number): void {
    this.#set(sequence, APPEND.answered)
  }

  /** May have been stored. */
  indeterminate(sequence: number): void {
    this.#set(sequence, APPEND.indeterminate)
  }

  #set(sequence: number, state: number): void {
    this.#account.reserve(sequence)
    this.#account.states[sequence] = state
  }
}

/** The effects of one stage, counted by event. */
export class EffectAccount {
  readonly #finder: TraceFinder
  readonly #effects = new Map<StreamAccount, Uint8Array>()

  constructor(finder: TraceFinder, accounts: ReadonlyMap<Stream, StreamAccount>, stage: string) {
    this.#finder = finder
    for (const account of accounts.values()) {
      const at = account.stages.indexOf(stage)
      if (at >= 0) this.#effects.set(account, account.effects[at]!)
    }
  }

  /** The effect was found durable: counts once at most. True when it had not been told before. */
  found(traceId: string): boolean {
    return this.#finder.find(traceId) && this.foundAt(this.#finder.account, this.#finder.sequence)
  }

  /** The same of an event whose account is known. */
  foundAt(account: StreamAccount, sequence: number): boolean {
    const counts = this.#effects.get(account)
    if (counts === undefined) return false
    account.reserve(sequence)
    return Atomics.compareExchange(counts, sequence, 0, FOUND) === 0
  }

  /** An effect of this event is durable. False for an event that the ledger does not follow at this stage. */
  applied(traceId: string): boolean {
    return this.#finder.find(traceId) && this.appliedAt(this.#finder.account, this.#finder.sequence)
  }

  /** The same of an event whose account is known. */
  appliedAt(account: StreamAccount, sequence: number): boolean {
    const counts = this.#effects.get(account)
    // Its sender made room before the append, so an event beyond it was not sent in this run.
    if (counts === undefined || sequence >= counts.length) return false
    if (Atomics.load(counts, sequence) < MOST_EFFECTS) Atomics.add(counts, sequence, 1)
    else Atomics.compareExchange(counts, sequence, FOUND, 1)
    return true
  }
}
