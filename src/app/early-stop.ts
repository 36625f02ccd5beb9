import type { ObjectiveResult } from '../measure/run-record.ts'
import type { LabThreads } from './lab-threads.ts'

/** Ends the load before its schedule does: the user interrupted, or an objective was missed for good. */
export class EarlyStop {
  readonly #signal: AbortSignal
  readonly #threads: LabThreads
  readonly #onAbort = () => this.#stop('interrupted')
  /** Why the load was ended early; null when it was not. */
  reason: string | null = null

  constructor({ signal }: { readonly signal: AbortSignal }, threads: LabThreads) {
    this.#signal = signal
    this.#threads = threads
    if (signal.aborted) this.#onAbort()
    else signal.addEventListener('abort', this.#onAbort)
  }

  breached(missed: readonly ObjectiveResult[]): void {
    const [first] = missed
    if (first === undefined) return
    const seen =
      first.value === null ? (first.reason ?? 'no value') : `${first.value.toFixed(1)} ${first.unit}`
    this.#stop(`aborted: ${first.text} was missed (${seen})`)
  }

  dispose(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #stop(reason: string): void {
    if (this.reason !== null) return
    this.reason = reason
    for (const thread of [...this.#threads.load, this.#threads.probe]) thread.order({ kind: 'stop' })
  }
}
