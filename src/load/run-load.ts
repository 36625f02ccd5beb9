import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import type { AppendResult, LogRecord } from '../ports/event-log.ts'
import { EventBatch } from './event-batch.ts'
import { type EventSource, earliest } from './event-source.ts'
import { Pacer } from './pacer.ts'

/** What became of an event, by its position in the batch. */
export const OUTCOME = { acknowledged: 0, failed: 1, indeterminate: 2 } as const

/** Told about every batch; calls must be cheap, and keep nothing of the batch. */
export interface LoadObserver {
  /** The batch is about to be handed to the driver, at `batch.sendUs`. */
  sending(source: EventSource, batch: EventBatch): void
  /** The append has settled, at `batch.doneUs`; `batch.outcomes` says how. */
  settled(source: EventSource, batch: EventBatch, result: AppendResult | null): void
}

export interface LoadOptions {
  readonly sources: readonly EventSource[]
  /** Hands a batch over. Its records are reused once it has settled. */
  append(topic: string, records: readonly LogRecord[]): Promise<AppendResult> | AppendResult
  /** Due time 0, µs on the host's monotonic clock. */
  readonly originUs: number
  readonly observer: LoadObserver
  /** Stops the intake; what is in flight is waited for. */
  readonly signal: AbortSignal
  readonly pacer?: Pacer
  /** Most events of a batch. */
  readonly batchEvents?: number
  /** Most batches in flight; beyond it events wait, keep their due times, and are late. */
  readonly maxInFlight?: number
  /** How long appends may take to settle after the last event; then they are indeterminate. */
  readonly settleMs?: number
}

/** offered = acknowledged + failed + indeterminate + unsent, always. */
export interface LoadCounts {
  readonly offered: number
  readonly acknowledged: number
  readonly failed: number
  readonly indeterminate: number
  /** Due when the load was aborted, and not handed over. */
  readonly unsent: number
  readonly batches: number
  readonly aborted: boolean
  /** The first error of an append. */
  readonly firstError: Error | null
}

/**
 * Drives sources in an open loop: every event is handed over at its due time or, when the driver or the
 * machine is slow, as soon after as it can be. A late event keeps its due time; none is dropped. After a
 * stall everything due goes at once. Never rejects because of an append: it is counted.
 */
export async function runLoad(options: LoadOptions): Promise<LoadCounts> {
  return new LoadRun(options).run()
}

const DEFAULT_BATCH_EVENTS = 1024
const DEFAULT_IN_FLIGHT = 8
const DEFAULT_SETTLE_MS = 30_000

class LoadRun {
  readonly #options: LoadOptions
  readonly #pacer: Pacer
  readonly #free: EventBatch[]
  readonly #inFlight = new Map<EventBatch, EventSource>()
  readonly #pending = () => this.#inFlight.size > 0
  readonly #counts = { offered: 0, unsent: 0, batches: 0 }
  readonly #outcomes = new Float64Array(3)
  #firstError: Error | null = null
  #wake: (() => void) | null = null

  constructor(options: LoadOptions) {
    const { batchEvents = DEFAULT_BATCH_EVENTS, maxInFlight = DEFAULT_IN_FLIGHT } = options
    this.#options = options
    this.#pacer = options.pacer ?? new Pacer()
    this.#free = Array.from({ length: maxInFlight }, () => new EventBatch(batchEvents, options.originUs))
  }

  async run(): Promise<LoadCounts> {
    const { signal, originUs, sources } = this.#options
    let source = earliest(sources)
    while (source !== null && !signal.aborted) {
      const dueUs = source.peekDueUs() + originUs
      const now = nowUs()
      if (dueUs > now) await this.#pacer.until(dueUs, this.#pending, signal)
      else if (this.#free.length === 0) await this.#settlement()
      else {
        this.#fire(source, now)
        await this.#pacer.breathe()
      }
      source = earliest(sources)
    }
    await this.#settleAll()
    if (signal.aborted) this.#countUnsent()
    const [acknowledged = 0, failed = 0, indeterminate = 0] = this.#outcomes
    const outcomes = { acknowledged, failed, indeterminate }
    return { ...this.#counts, ...outcomes, aborted: signal.aborted, firstError: this.#firstError }
  }

  /** Hands over everything due of one source, up to a batch. */
  #fire(source: EventSource, nowOfHostUs: number): void {
    const { append, observer, originUs } = this.#options
    const batch = this.#free.pop()!
    batch.clear()
    this.#counts.offered += source.fill(batch, nowOfHostUs - originUs)
    this.#counts.batches++
    this.#inFlight.set(batch, source)
    batch.sendUs = nowUs()
    observer.sending(source, batch)
    try {
      const appended = append(source.topic, batch.records)
      if (!(appended instanceof Promise)) this.#settled(batch, appended)
      else {
        appended.then(
          (result) => this.#settled(batch, result),
          (error: unknown) => this.#rejected(batch, error),
        )
      }
    } catch (error) {
      this.#rejected(batch, error)
    }
  }

  #settled(batch: EventBatch, result: AppendResult): void {
    batch.outcomes.fill(OUTCOME.acknowledged, 0, batch.count)
    for (const { position, error, indeterminate } of result.failures ?? []) {
      batch.outcomes[position] = indeterminate ? OUTCOME.indeterminate : OUTCOME.failed
      this.#firstError ??= error
    }
    this.#account(batch, result)
  }

  /** By the port's contract a retryable error means that nothing was stored; any other leaves it open. */
  #rejected(batch: EventBatch, error: unknown): void {
    const nothingStored = error instanceof RepError && error.retryable
    batch.outcomes.fill(nothingStored ? OUTCOME.failed : OUTCOME.indeterminate, 0, batch.count)
    this.#firstError ??= error instanceof Error ? error : new Error(String(error))
    this.#account(batch, null)
  }

  #account(batch: EventBatch, result: AppendResult | null): void {
    const source = this.#inFlight.get(batch)
    // Absent when it settled after it had been given up as indeterminate.
    if (source === undefined) return
    this.#inFlight.delete(batch)
    batch.doneUs = nowUs()
    for (let i = 0; i < batch.count; i++) this.#outcomes[batch.outcomes[i]!]!++
    this.#options.observer.settled(source, batch, result)
    this.#free.push(batch)
    this.#wake?.()
  }

  /** Resolves when a batch settles. */
  #settlement(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null
        resolve()
      }
    })
  }

  async #settleAll(): Promise<void> {
    const { settleMs = DEFAULT_SETTLE_MS } = this.#options
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake?.()
    }, settleMs)
    while (this.#inFlight.size > 0 && !late) await this.#settlement()
    clearTimeout(timer)
    const error = new RepError(
      'REP_LOG_UNAVAILABLE',
      `An append to the event log had not settled ${settleMs} ms after the last event; its events are indeterminate.`,
    )
    for (const batch of [...this.#inFlight.keys()]) this.#giveUp(batch, error)
  }

  #giveUp(batch: EventBatch, error: Error): void {
    batch.outcomes.fill(OUTCOME.indeterminate, 0, batch.count)
    this.#firstError ??= error
    this.#account(batch, null)
    // The driver may still read its records: the batch is never filled again.
    this.#free.pop()
  }

  #countUnsent(): void {
    const untilUs = nowUs() - this.#options.originUs
    const scratch = new EventBatch(DEFAULT_BATCH_EVENTS)
    for (const source of this.#options.sources) {
      while (source.peekDueUs() <= untilUs) {
        scratch.clear()
        this.#counts.unsent += source.fill(scratch, untilUs)
      }
    }
    this.#counts.offered += this.#counts.unsent
  }
}
