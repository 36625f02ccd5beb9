import { sequenceOf } from '../../domain/trace-id.ts'
import { nowUs } from '../../kernel/time.ts'
import type { StageMeasure, StageObserver } from '../../stages/stage.ts'
import type { Teller } from './teller.ts'
import type { Observation } from './told.ts'

/** Hands what stages report to the lab, which does with it what `labObserver` does in its own threads. */
export function tellingObserver(teller: Teller): StageObserver {
  const { streams } = teller.welcome
  const row: Observation = { measure: 'index', known: false, stream: -1, sequence: 0, dueUs: 0, doneUs: 0 }
  const tell = (measure: StageMeasure, traceId: string, dueUs: number): void => {
    row.stream = -1
    row.sequence = 0
    for (let stream = 0; stream < streams.length; stream++) {
      const sequence = sequenceOf(traceId, streams[stream]!)
      if (!(sequence >= 0)) continue
      row.stream = stream
      row.sequence = sequence
      break
    }
    row.measure = measure
    row.dueUs = dueUs
    row.doneUs = nowUs() + offsetUs
    teller.rows.add(row)
  }
  // Refreshed once a second: clocks drift slowly.
  let { offsetUs } = teller.clock
  const timer = setInterval(() => {
    offsetUs = teller.clock.offsetUs
  }, 1000)
  teller.over.addEventListener('abort', () => clearInterval(timer))
  return {
    done(measure, traceId, dueUs) {
      row.known = false
      tell(measure, traceId, dueUs)
    },
    known(measure, traceId, dueUs) {
      row.known = true
      tell(measure, traceId, dueUs)
    },
  }
}
