import { EventLoopWatch } from '../../measure/event-loop-watch.ts'
import { LatencyRecorder } from '../../measure/latency-recorder.ts'
import { LedgerWriter } from '../../measure/ledger-writer.ts'
import { CanaryProbe, type CanaryTally } from '../canary-probe.ts'
import type { LabPlan, LabProgress } from '../lab-plan.ts'
import { openStack } from '../open-stack.ts'
import { driveReads, type ReadTally } from '../read-probe.ts'
import { runThread } from '../thread.ts'
import { ThreadReport } from '../thread-report.ts'

export interface ProbeThreadData {
  readonly plan: LabPlan
  /** Where the recommendation service answers. */
  readonly url: string
  /** Where the collector answers; null where canaries go straight to the log. */
  readonly collector: string | null
}

export interface ProbeThreadResult {
  readonly last: LabProgress
  readonly reads: ReadTally
  readonly canaries: CanaryTally
}

/** The thread that looks at the pipeline from outside: recommendation reads, and canaries on their way. */
runThread<ProbeThreadData, ProbeThreadResult, LabProgress>(async ({ plan, url, collector }, side) => {
  const stack = await openStack(plan.stack)
  const canaryProbe = await CanaryProbe.open(plan, { url, log: stack.log, collector })
  side.ready()
  const originUs = await side.started
  const recorder = new LatencyRecorder(originUs + plan.scenario.warmupMs * 1e3)
  const report = new ThreadReport({ recorder, eventLoop: new EventLoopWatch() }, side.progress)
  const common = { originUs, recorder, signal: side.stopped }
  const [reads, canaries] = await Promise.all([
    driveReads(plan, { ...common, url }),
    canaryProbe.run({ ...common, ledger: new LedgerWriter(plan.ledger) }),
  ])
  const last = report.end()
  await stack.close()
  side.done({ last, reads, canaries })
})
