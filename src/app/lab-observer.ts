import { nowUs } from '../kernel/time.ts'
import type { LatencyRecorder } from '../measure/latency-recorder.ts'
import type { EffectAccount, LedgerWriter } from '../measure/ledger-writer.ts'
import type { StageMeasure, StageObserver } from '../stages/stage.ts'

/** Puts what stages report into the ledger and the histograms. Events that the lab did not send are not timed. */
export function labObserver(recorder: LatencyRecorder, ledger: LedgerWriter): StageObserver {
  const effects = new Map<StageMeasure, EffectAccount>()
  for (const measure of ['index', 'preference', 'notify'] as const)
    effects.set(measure, ledger.effects(measure))
  const time = (measure: StageMeasure, traceId: string, dueUs: number): void => {
    if (dueUs <= 0) return
    const lagUs = ledger.lagUsOf(traceId)
    recorder.measure(measure).done(dueUs, nowUs(), lagUs < 0 ? -1 : dueUs + lagUs)
  }
  return {
    done(measure, traceId, dueUs) {
      effects.get(measure)!.applied(traceId)
      time(measure, traceId, dueUs)
    },
    known(measure, traceId, dueUs) {
      if (effects.get(measure)!.found(traceId)) time(measure, traceId, dueUs)
    },
  }
}
