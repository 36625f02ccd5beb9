import { LatencyRecorder } from '../../measure/latency-recorder.ts'
import { LedgerWriter } from '../../measure/ledger-writer.ts'
import type { StageCounters } from '../../stages/stage.ts'
import { labObserver } from '../lab-observer.ts'
import type { LabPlan, LabProgress } from '../lab-plan.ts'
import { openStack } from '../open-stack.ts'
import { runStages, settingsOfRun } from '../run-stages.ts'
import type { StageName } from '../stage-table.ts'
import { runThread } from '../thread.ts'
import { ThreadReport } from '../thread-report.ts'

export interface PipelineThreadData {
  readonly plan: LabPlan
  readonly stages: readonly StageName[]
}

/** A thread that runs stages of the pipeline until it is told to stop. */
runThread<PipelineThreadData, LabProgress, LabProgress>(async ({ plan, stages }, side) => {
  const { scenario } = plan
  const stack = await openStack(plan.stack)
  side.ready()
  const originUs = await side.started
  const recorder = new LatencyRecorder(originUs + scenario.warmupMs * 1e3)
  const observer = labObserver(recorder, new LedgerWriter(plan.ledger))
  const counters: Record<string, StageCounters> = {}
  const report = new ThreadReport({ recorder, stages: () => counters }, side.progress)
  try {
    await runStages(
      { stack, observer, log: side.log },
      { stages, settings: settingsOfRun(scenario.pipeline), counters, signal: side.stopped },
    )
    side.done(report.end())
  } finally {
    await stack.close()
  }
})
