import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import type { AppendResult } from '../ports/event-log.ts'
import { EventBatch } from './event-batch.ts'
import type { EventSource } from './event-source.ts'

/** What became of an event, by its position in the batch. */
export const OUTCOME = { acknowledged: 0, failed: 1, indeterminate: 2, answered: 3 } as const

/** How an append ended: what of it was refused, or may be stored. */
export type Sent = Pick<AppendResult, 'failures'> & {
  /** True where the batch is one request that was done, and that made no event. */
  readonly answered?: boolean
}

/** Told about every batch; calls must be cheap, and keep nothing of the batch. */
export interface LoadObserver {
  /** The batch is about to be handed to the driver, at `batch.sendUs`. */
  sending(source: EventSource, batch: EventBatch): void
  /**
   * The append has settled, at `batch.doneUs`; `batch.outcomes` says how. `result` is null where the whole
   * append was rejected or given up.
   */
  settled(source: EventSource, batch: EventBatch, result: Sent | null): void
}

export interface InFlightOptions {
  readonly batchEvents: number
  readonly maxInFlight: number
  readonly originUs: number
  readonly observer: LoadObserver
  /** Memory that each batch begins with. */
  readonly slabBytes?: number
}

/** The batches of a load: free ones, those in flight, and what became of the others. */
export class InFlight {
  /** Events by outcome. */
  readonly outcomes = new Float64Array(4)
  /** The first error of an append. */
  firstError: Error | null = null
  readonly #observer: LoadObserver
  readonly #make: () => EventBatch
  readonly #free: EventBatch[] = []
  /** Batches that may still be made: where appends are fast, few are ever needed. */
  #unmade: number
  readonly #pending = new Map<EventBatch, EventSource>()
  #wake: (() => void) | null = null

  constructor({ batchEvents, maxInFlight, originUs, observer, slabBytes }: InFlightOptions) {
    this.#observer = observer
    this.#unmade = maxInFlight
    this.#make = () => new EventBatch(batchEvents, originUs, slabBytes)
  }

  get pending(): boolean {
    return this.#pending.size > 0
  }

  /** An empty batch, as soon as one is free; null when aborted before. */
  async take(signal: AbortSignal): Promise<EventBatch | null> {
    while (this.#free.length + this.#unmade === 0 && !signal.aborted) await this.#settlement()
    if (signal.aborted) return null
    const batch = this.#free.pop() ?? this.#next()
    batch.clear()
    return batch
  }

  #next(): EventBatch {
    this.#unmade--
    return this.#make()
  }

  /** Looks again whether what it waits for has happened. */
  wake(): void {
    this.#wake?.()
  }

  /** Hands a batch over; a batch that settles at once is done when this returns. */
  send(source: EventSource, batch: EventBatch, append: () => Promise<Sent> | Sent): void {
    this.#pending.set(batch, source)
    batch.sendUs = nowUs()
    this.#observer.sending(source, batch)
    try {
      const appended = append()
      if (!(appended instanceof Promise)) this.#settle(batch, appended)
      else {
        appended.then(
          (result) => this.#settle(batch, result),
          (error: unknown) => this.#reject(batch, error),
        )
      }
    } catch (error) {
      this.#reject(batch, error)
    }
  }

  /** Resolves when nothing is in flight; what has not settled after `settleMs` is indeterminate then. */
  async settleAll(settleMs: number): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake?.()
    }, settleMs)
    while (this.pending && !late) await this.#settlement()
    clearTimeout(timer)
    if (!this.pending) return
    const message = `Appends to the event log had not settled ${settleMs} ms after the last event; their events count as indeterminate.`
    this.firstError ??= new RepError('REP_LOG_UNAVAILABLE', message)
    for (const batch of [...this.#pending.keys()]) {
      batch.outcomes.fill(OUTCOME.indeterminate, 0, batch.count)
      this.#account(batch, null)
    }
  }

  #settle(batch: EventBatch, result: Sent): void {
    if (!this.#pending.has(batch)) return
    batch.outcomes.fill(result.answered === true ? OUTCOME.answered : OUTCOME.acknowledged, 0, batch.count)
    for (const { position, error, indeterminate } of result.failures ?? []) {
      batch.outcomes[position] = indeterminate ? OUTCOME.indeterminate : OUTCOME.failed
      this.firstError ??= error
    }
    this.#account(batch, result)
    this.#free.push(batch)
    this.#wake?.()
  }

  /** By the port's contract a retryable error means that nothing was stored; any other leaves it open. */
  #reject(batch: EventBatch, error: unknown): void {
    if (!this.#pending.has(batch)) return
    const nothingStored = error instanceof RepError && error.retryable
    batch.outcomes.fill(nothingStored ? OUTCOME.failed : OUTCOME.indeterminate, 0, batch.count)
    this.firstError ??= error instanceof Error ? error : new Error(String(error))
    this.#account(batch, null)
    this.#free.push(batch)
    this.#wake?.()
  }

  #account(batch: EventBatch, result: Sent | null): void {
    const source = this.#pending.get(batch)!
    this.#pending.delete(batch)
    batch.doneUs = nowUs()
    for (let i = 0; i < batch.count; i++) this.outcomes[batch.outcomes[i]!]!++
    this.#observer.settled(source, batch, result)
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
}
