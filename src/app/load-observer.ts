import type { Stream } from '../domain/trace-id.ts'
import type { EventBatch } from '../load/event-batch.ts'
import type { EventSource } from '../load/event-source.ts'
import type { LoadObserver } from '../load/in-flight.ts'
import { OUTCOME } from '../load/in-flight.ts'
import { MEASURE_OF_ACTION } from '../load/posts/post-request.ts'
import type { LatencyRecorder } from '../measure/latency-recorder.ts'
import type { AppendAccount, LedgerWriter } from '../measure/ledger-writer.ts'
import type { MeasureName } from '../measure/run-record.ts'

/** Puts what the generator sends into the ledger and the histograms. Latencies and the schedule's lag are the actions'. */
export class LabLoadObserver implements LoadObserver {
  readonly #recorder: LatencyRecorder
  readonly #ledger: LedgerWriter
  readonly #accounts = new Map<Stream, AppendAccount>()
  /** Time of the last acknowledgement, µs on the host's clock. */
  lastDoneUs = 0

  constructor(recorder: LatencyRecorder, ledger: LedgerWriter) {
    this.#recorder = recorder
    this.#ledger = ledger
  }

  sending(source: EventSource, batch: EventBatch): void {
    const account = this.#account(source.stream)
    const actions = source.stream === 'action'
    for (let i = 0; i < batch.count; i++) {
      const dueUs = batch.originUs + batch.dueUs[i]!
      account.sent(batch.sequences[i]!, batch.sendUs - dueUs)
      if (actions) this.#recorder.sent(dueUs, batch.sendUs, Math.max(dueUs, batch.originUs + batch.readyUs))
    }
  }

  settled(source: EventSource, batch: EventBatch): void {
    const account = this.#account(source.stream)
    const measure = source.stream === 'action' ? this.#recorder.measure(measureOf(batch)) : null
    for (let i = 0; i < batch.count; i++) {
      const dueUs = batch.originUs + batch.dueUs[i]!
      const outcome = batch.outcomes[i]!
      if (outcome === OUTCOME.acknowledged || outcome === OUTCOME.answered) {
        if (outcome === OUTCOME.acknowledged) account.acknowledged(batch.sequences[i]!)
        else account.answered(batch.sequences[i]!)
        measure?.done(dueUs, batch.doneUs, batch.sendUs)
      } else {
        if (outcome === OUTCOME.failed) account.failed(batch.sequences[i]!)
        else account.indeterminate(batch.sequences[i]!)
        measure?.failed(dueUs)
      }
    }
    if (measure !== null) this.lastDoneUs = batch.doneUs
  }

  #account(stream: Stream): AppendAccount {
    let account = this.#accounts.get(stream)
    if (account === undefined) {
      account = this.#ledger.appends(stream)
      this.#accounts.set(stream, account)
    }
    return account
  }
}

/** Reads are timed apart from what makes events. */
function measureOf({ request }: EventBatch): MeasureName {
  return request === null ? 'ack' : MEASURE_OF_ACTION[request.action]
}
