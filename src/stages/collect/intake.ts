import { setImmediate as nextTurn } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import { backoffMs } from '../../kernel/backoff.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { appendCollected, isRetryable, pause } from './append-collected.ts'
import type { Collected } from './collected.ts'
import { keepRefused } from './keep-refused.ts'
import type { Spool } from './spool.ts'

export interface IntakeOptions {
  readonly log: EventLog
  readonly spool: Spool
  /** One line per change between the log and the spool. */
  readonly say: (line: string) => void
  /** How long the log may take to acknowledge before it counts as down, ms. */
  readonly ackMs?: number
}

/** What became of the records of one `append`; those not in `errors` are durable. */
export interface Taken {
  /** By position. A retryable error: the same record may be sent again. */
  readonly errors: ReadonlyMap<number, Error>
}

interface Parcel {
  readonly records: readonly Collected[]
  readonly resolve: (taken: Taken) => void
  readonly reject: (error: unknown) => void
}

const ACK_MS = 3000
/** Records that wait for the log; beyond it nothing more is taken, so that memory stays bounded. */
const MOST_WAITING = 100_000
/** With no more than this in the spool, new records wait while it is emptied: else it might never be empty. */
const HANDOVER_BYTES = 256 * 1024
const RETRY = { baseMs: 100, maxMs: 2000 }
const NO_ERRORS: Taken = { errors: new Map() }

/**
 * Makes records durable: in the log or, while the log is down, in the spool, from where they go to the log in
 * their order. As long as the spool holds anything, new records go behind it. What comes while an append is
 * under way goes with the next one.
 */
export class Intake {
  /** Records that were taken into the spool, and that the log then refused for good. */
  readonly counts = { refused: 0 }
  readonly #options: IntakeOptions
  readonly #ackMs: number
  readonly #closing = new AbortController()
  #waiting: Parcel[] = []
  #waitingRecords = 0
  #running: Promise<void> | null = null
  #settling: Promise<void> = Promise.resolve()
  #draining: Promise<void> | null = null
  /** While set, new records wait. */
  #gate: PromiseWithResolvers<void> | null = null

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#ackMs = options.ackMs ?? ACK_MS
    if (!options.spool.empty) this.#drain()
  }

  /** Resolves when each record is durable or accounted for; rejects with REP_LOG_UNAVAILABLE when too many wait. */
  append(records: readonly Collected[]): Promise<Taken> {
    if (records.length === 0) return Promise.resolve(NO_ERRORS)
    if (this.#waitingRecords + records.length > MOST_WAITING || this.#closing.signal.aborted) {
      return Promise.reject(new RepError('REP_LOG_UNAVAILABLE', 'too many events wait for the event log'))
    }
    this.#waitingRecords += records.length
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Settles what was taken. What the spool holds stays there for the next process. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#draining
    await this.#options.spool.close()
  }

  async #run(): Promise<void> {
    // What comes in the same turn of the event loop goes together: each append costs a transaction.
    await nextTurn()
    while (this.#waiting.length > 0) {
      await this.#gate?.promise
      const parcels = this.#waiting
      this.#waiting = []
      this.#waitingRecords = 0
      this.#settling = this.#settle(parcels)
      await this.#settling
    }
    this.#running = null
  }

  /** Never rejects: each parcel hears for itself. */
  async #settle(parcels: readonly Parcel[]): Promise<void> {
    const records = parcels.flatMap((parcel) => parcel.records)
    try {
      const errors = await this.#store(records)
      let from = 0
      for (const parcel of parcels) {
        parcel.resolve(errors.size === 0 ? NO_ERRORS : part(errors, from, parcel.records.length))
        from += parcel.records.length
      }
    } catch (error) {
      for (const { reject } of parcels) reject(error)
    }
  }

  /** What of them is durable nowhere, by position. */
  async #store(records: readonly Collected[]): Promise<ReadonlyMap<number, Error>> {
    const { log, spool, say } = this.#options
    let behind = records.map((_, position) => position)
    const errors = new Map<number, Error>()
    if (spool.empty) {
      const { unsure, refused } = await appendCollected(log, records, this.#ackMs)
      for (const [position, error] of refused) errors.set(position, error)
      if (unsure.length === 0) return errors
      behind = [...unsure]
      say('the event log is down: collected events go to the spool')
    }
    try {
      await spool.write(behind.map((position) => records[position]!))
      this.#drain()
    } catch (error) {
      if (!isRetryable(error)) throw error
      for (const position of behind) errors.set(position, error as Error)
    }
    return errors
  }

  #drain(): void {
    this.#draining ??= this.#empty().finally(() => {
      this.#draining = null
      this.#openGate()
    })
  }

  /** Moves the spool to the log, file by file, until it is empty or this closes. */
  async #empty(): Promise<void> {
    const { spool, say } = this.#options
    const { signal } = this.#closing
    let attempt = 0
    let moving = false
    while (!signal.aborted && !spool.empty) {
      if (attempt > 0) await pause(backoffMs(attempt - 1, RETRY), signal)
      // Nobody waits for a log of which it is not known that it is up again.
      if (moving && spool.bytes <= HANDOVER_BYTES) {
        this.#gate ??= Promise.withResolvers()
        await this.#settling
      }
      moving = await this.#moveOldest(attempt)
      attempt = moving ? 0 : attempt + 1
      if (!moving) this.#openGate()
    }
    if (spool.empty) say('the spool is empty: collected events go to the event log')
  }

  /** False where the log did not take all of the oldest file: then all of it stays, and some may come twice. */
  async #moveOldest(attempt: number): Promise<boolean> {
    const { log, spool, say } = this.#options
    try {
      const file = await spool.oldest()
      if (file === null) return true
      const { unsure, refused } = await appendCollected(log, file.records, this.#ackMs)
      if (unsure.length > 0) return false
      if (refused.size > 0) {
        if (!(await keepRefused({ log, ackMs: this.#ackMs, say }, file.records, refused))) return false
        this.counts.refused += refused.size
      }
      await spool.remove(file)
      return true
    } catch (error) {
      if (attempt === 0) say(`the spool cannot be emptied: ${error instanceof Error ? error.message : error}`)
      return false
    }
  }

  #openGate(): void {
    this.#gate?.resolve()
    this.#gate = null
  }
}

function part(errors: ReadonlyMap<number, Error>, from: number, length: number): Taken {
  const own = new Map<number, Error>()
  for (const [position, error] of errors) {
    if (position >= from && position < from + length) own.set(position - from, error)
  }
  return { errors: own }
}
