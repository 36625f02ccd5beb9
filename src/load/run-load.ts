import { nowUs } from '../kernel/time.ts'
import type { LogRecord } from '../ports/event-log.ts'
import { EventBatch } from './event-batch.ts'
import { type EventSource, earliest } from './event-source.ts'
import { InFlight, type LoadObserver, OUTCOME, type Sent } from './in-flight.ts'
import { Pacer } from './pacer.ts'

export { type LoadObserver, OUTCOME } from './in-flight.ts'

export interface LoadOptions {
  readonly sources: readonly EventSource[]
  /** Hands a batch over. Its records are reused once it has settled. */
  append(topic: string, records: readonly LogRecord[], batch: EventBatch): Promise<Sent> | Sent
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
  /** Memory that each batch begins with. */
  readonly slabBytes?: number
  /** How long appends may take to settle after the last event; then they are indeterminate. */
  readonly settleMs?: number
}

/** offered = acknowledged + answered + failed + indeterminate + unsent, always. */
export interface LoadCounts {
  readonly offered: number
  readonly acknowledged: number
  /** Done, and made no event. */
  readonly answered: number
  readonly failed: number
  readonly indeterminate: number
  /** Due when the load was aborted, and not handed over. */
  readonly unsent: number
  readonly batches: number
  readonly aborted: boolean
  /** The first error of an append. */
  readonly firstError: Error | null
}

const DEFAULT_BATCH_EVENTS = 1024
const DEFAULT_IN_FLIGHT = 8
const DEFAULT_SETTLE_MS = 30_000

/**
 * Drives sources in an open loop: every event is handed over at its due time or, when the driver or the
 * machine is slow, as soon after as it can be. A late event keeps its due time; none is dropped. After a
 * stall everything due goes at once. Never rejects because of an append: it is counted.
 */
export async function runLoad(options: LoadOptions): Promise<LoadCounts> {
  return new LoadRun(options).run()
}

class LoadRun {
  readonly #options: LoadOptions
  readonly #pacer: Pacer
  readonly #inFlight: InFlight
  #offered = 0
  #unsent = 0
  #batches = 0

  constructor(options: LoadOptions) {
    const {
      batchEvents = DEFAULT_BATCH_EVENTS,
      maxInFlight = DEFAULT_IN_FLIGHT,
      originUs,
      observer,
      slabBytes,
    } = options
    this.#options = options
    this.#pacer = options.pacer ?? new Pacer()
    this.#inFlight = new InFlight({
      batchEvents,
      maxInFlight,
      originUs,
      observer,
      ...(slabBytes === undefined ? {} : { slabBytes }),
    })
  }

  async run(): Promise<LoadCounts> {
    const { sources, originUs, signal, settleMs = DEFAULT_SETTLE_MS } = this.#options
    const pending = () => this.#inFlight.pending
    const wake = () => this.#inFlight.wake()
    signal.addEventListener('abort', wake)
    for (let next = earliest(sources); next !== null && !signal.aborted; next = earliest(sources)) {
      await this.#pacer.until(originUs + next.peekDueUs(), pending, signal)
      const untilUs = nowUs() - originUs
      for (const source of sources) await this.#fireDue(source, untilUs)
    }
    signal.removeEventListener('abort', wake)
    await this.#inFlight.settleAll(settleMs)
    if (signal.aborted) this.#countUnsent(nowUs() - originUs)
    return this.#counts()
  }

  /** Hands over everything that is due. A late event keeps its due time, so lateness is measured, not hidden. */
  async #fireDue(source: EventSource, untilUs: number): Promise<void> {
    const { append, signal } = this.#options
    while (source.peekDueUs() <= untilUs) {
      const batch = await this.#inFlight.take(signal)
      if (batch === null) return
      this.#offered += source.fill(batch, untilUs)
      this.#batches++
      this.#inFlight.send(source, batch, () => append(source.topic, batch.records, batch))
      await this.#pacer.breathe()
    }
  }

  #countUnsent(untilUs: number): void {
    const scratch = new EventBatch(DEFAULT_BATCH_EVENTS)
    for (const source of this.#options.sources) {
      while (source.peekDueUs() <= untilUs) {
        scratch.clear()
        this.#unsent += source.fill(scratch, untilUs)
      }
    }
    this.#offered += this.#unsent
  }

  #counts(): LoadCounts {
    const { outcomes, firstError } = this.#inFlight
    return {
      offered: this.#offered,
      acknowledged: outcomes[OUTCOME.acknowledged]!,
      answered: outcomes[OUTCOME.answered]!,
      failed: outcomes[OUTCOME.failed]!,
      indeterminate: outcomes[OUTCOME.indeterminate]!,
      unsent: this.#unsent,
      batches: this.#batches,
      aborted: this.#options.signal.aborted,
      firstError,
    }
  }
}
