import { runTag, type Stream, sequenceOf } from '../domain/trace-id.ts'
import { RepError } from '../errors/rep-error.ts'
import { createAliases, LedgerAliases } from './ledger-aliases.ts'

/** What is known of an event's append. */
export const APPEND = {
  none: 0,
  sent: 1,
  acknowledged: 2,
  failed: 3,
  indeterminate: 4,
  /** Done, and made no event: there is none to look for. */
  answered: 5,
} as const

export interface LedgerStreamSpec {
  /** Events that the stream will send; null where unknown (then the ledger grows as they come). */
  readonly count: number | null
  /** Stages at which an effect of every event of the stream is expected, e.g. `index`, `preference`. */
  readonly stages: readonly string[]
}

export interface LedgerSpec {
  readonly seed: number
  readonly streams: Readonly<Partial<Record<Stream, LedgerStreamSpec>>>
  /** Most events of the action stream whose trace ids do not hold their sequence numbers. */
  readonly aliases?: number
}

/** One stream's memory, shared by all threads of the process: 1 byte an event and stage, 5 more for its append. */
export interface StreamLedger {
  readonly stream: Stream
  /** The stream's mark in its trace ids. */
  readonly tag: number
  readonly states: SharedArrayBuffer
  /** Send time minus due time, µs, in 32 bits. */
  readonly lags: SharedArrayBuffer
  readonly stages: readonly string[]
  /** How often each event's effect was applied, by stage, in the order of `stages`. */
  readonly effects: readonly SharedArrayBuffer[]
}

/** The account of every event of a run. Hand it to workers as it is: the memory is shared, not copied. */
export interface LedgerBuffers {
  readonly streams: readonly StreamLedger[]
  /** Sequence numbers of actions whose trace ids are not of the generator's making. */
  readonly aliases?: SharedArrayBuffer
}

/** Most events of a stream of unknown length: only address space until they come. */
const MOST_EVENTS = 2 ** 28
const GROW_BY = 2 ** 20

/** Makes an empty ledger. */
export function createLedger({ seed, streams, aliases }: LedgerSpec): LedgerBuffers {
  const specs = Object.entries(streams) as [Stream, LedgerStreamSpec][]
  return {
    streams: specs.map(([stream, { count, stages }]) => ({
      stream,
      tag: runTag(seed, stream),
      states: memory(count, 1),
      lags: memory(count, 4),
      stages,
      effects: stages.map(() => memory(count, 1)),
    })),
    ...(aliases === undefined ? {} : { aliases: createAliases(aliases) }),
  }
}

function memory(count: number | null, bytes: number): SharedArrayBuffer {
  if (count !== null) return new SharedArrayBuffer(count * bytes)
  return new SharedArrayBuffer(GROW_BY * bytes, { maxByteLength: MOST_EVENTS * bytes })
}

/** One stream's memory as arrays. Any thread may write; each event's append is one thread's business. */
export class StreamAccount {
  readonly stream: Stream
  readonly tag: number
  readonly stages: readonly string[]
  readonly states: Uint8Array
  readonly lagsUs: Uint32Array
  readonly effects: readonly Uint8Array[]
  readonly #ledger: StreamLedger

  constructor(ledger: StreamLedger) {
    this.#ledger = ledger
    this.stream = ledger.stream
    this.tag = ledger.tag
    this.stages = ledger.stages
    this.states = new Uint8Array(ledger.states)
    this.lagsUs = new Uint32Array(ledger.lags)
    this.effects = ledger.effects.map((buffer) => new Uint8Array(buffer))
  }

  /** Makes room for a sequence number; throws REP_INTERNAL when the stream was declared shorter. */
  reserve(sequence: number): void {
    if (sequence < this.states.length) return
    const { states, lags, effects, stream } = this.#ledger
    if (!states.growable || sequence >= MOST_EVENTS) {
      throw new RepError(
        'REP_INTERNAL',
        `The ledger holds ${this.states.length} ${stream} events; got number ${sequence}.`,
      )
    }
    const events = Math.min(MOST_EVENTS, Math.ceil((sequence + 1) / GROW_BY) * GROW_BY)
    // The states last: whoever sees them long enough finds the others long enough.
    for (const buffer of effects) growTo(buffer, events)
    growTo(lags, events * 4)
    growTo(states, events)
  }
}

/** Another thread may have grown it meanwhile: shrinking throws, so only ever grow. */
function growTo(buffer: SharedArrayBuffer, bytes: number): void {
  while (buffer.byteLength < bytes) {
    try {
      buffer.grow(bytes)
    } catch (error) {
      if (buffer.byteLength < bytes) throw error
    }
  }
}

/** Opens the shared memory of a ledger as arrays. */
export function openLedger(buffers: LedgerBuffers): readonly StreamAccount[] {
  return buffers.streams.map((stream) => new StreamAccount(stream))
}

/** The account that a trace id belongs to and its sequence number, without an allocation per call. */
export class TraceFinder {
  readonly #accounts: readonly StreamAccount[]
  readonly #aliases: LedgerAliases | null
  account: StreamAccount
  sequence = -1
  #last = ''
  #found = false

  constructor(accounts: readonly StreamAccount[], aliases?: SharedArrayBuffer) {
    const first = accounts[0]
    if (first === undefined)
      throw new RepError('REP_INTERNAL', 'A ledger without a stream has no account of anything.')
    this.#accounts = accounts
    this.#aliases = aliases === undefined ? null : new LedgerAliases(aliases)
    this.account = first
  }

  /** False for an event of another run or another making; else `account` and `sequence` say which it is. */
  find(traceId: string): boolean {
    // One effect is often asked for twice in a row: for its count, and for its send lag.
    if (traceId === this.#last) return this.#found
    this.#last = traceId
    this.#found = false
    for (const account of this.#accounts) {
      const sequence = sequenceOf(traceId, account.tag)
      if (!(sequence >= 0)) continue
      this.account = account
      this.sequence = sequence
      this.#found = true
      return true
    }
    if (this.#aliases !== null) this.#findAlias(this.#aliases, traceId)
    return this.#found
  }

  #findAlias(aliases: LedgerAliases, traceId: string): void {
    const sequence = aliases.find(traceId)
    const account = this.#accounts.find(({ stream }) => stream === 'action')
    if (sequence < 0 || account === undefined) return
    this.account = account
    this.sequence = sequence
    this.#found = true
  }
}
