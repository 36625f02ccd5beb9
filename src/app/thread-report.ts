import type { EventLoopWatch } from '../measure/event-loop-watch.ts'
import type { LatencyRecorder } from '../measure/latency-recorder.ts'
import { threadCpuSeconds } from '../measure/process-usage.ts'
import type { StageCounters } from '../stages/stage.ts'
import type { LabProgress } from './lab-plan.ts'

export interface ThreadReportParts {
  readonly recorder: LatencyRecorder
  readonly stages?: () => Readonly<Record<string, StageCounters>>
  /** Set in a thread that drives requests from its event loop: starved, it makes the run invalid. */
  readonly eventLoop?: EventLoopWatch
}

/** Sends what a thread measured once a second, so that memory stays flat however long the run is. */
export class ThreadReport {
  readonly #parts: ThreadReportParts
  readonly #timer: NodeJS.Timeout

  constructor(parts: ThreadReportParts, send: (progress: LabProgress) => void) {
    this.#parts = parts
    // The first report tells how much CPU time the thread's preparation took, which is not the run's.
    send(this.#take())
    this.#timer = setInterval(() => send(this.#take()), 1000)
  }

  /** The last report. */
  end(): LabProgress {
    clearInterval(this.#timer)
    this.#parts.eventLoop?.stop()
    return this.#take()
  }

  /** Everything since the last report. */
  #take(): LabProgress {
    const { recorder, stages, eventLoop } = this.#parts
    return {
      snapshot: recorder.take(),
      stages: stages?.() ?? {},
      cpuSeconds: threadCpuSeconds() ?? 0,
      eventLoopP99Ms: eventLoop?.read().p99Ms ?? null,
    }
  }
}
