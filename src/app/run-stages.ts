import { once } from 'node:events'
import type { PipelineSettings } from '../config/scenario.ts'
import type { Consumer } from '../ports/event-log.ts'
import { openWhenReady, runStage } from '../stages/run-stage.ts'
import type { StageContext, StageCounters } from '../stages/stage.ts'
import { STAGES, type StageName } from './stage-table.ts'

const POLL_MS = 50

export interface RunStagesOptions {
  readonly stages: readonly StageName[]
  readonly settings: PipelineSettings
  /** Gets each stage's counters when it is open. */
  readonly counters: Record<string, StageCounters>
  readonly signal: AbortSignal
  /** Told when a stage is a member of its group, or about to be. */
  readonly onOpen?: (name: StageName, consumer: Consumer) => void
}

/** Settings of the stages of a run: events that its end compares with the log are not dropped by their age. */
export function settingsOfRun(pipeline: PipelineSettings): PipelineSettings {
  return { ...pipeline, statistics: { ...pipeline.statistics, retentionDays: Number.POSITIVE_INFINITY } }
}

/** Runs stages side by side until the signal; where one fails the others settle and stop, and it rejects. */
export async function runStages(context: StageContext, options: RunStagesOptions): Promise<void> {
  const { stages, settings, counters, signal, onOpen } = options
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const runs = stages.map(async (name) => {
    try {
      const open = () => STAGES[name].open(context, settings)
      const { stage, consumer } = await openWhenReady(name, open, { signal: stop, log: context.log })
      counters[name] = stage.counters
      onOpen?.(name, consumer)
      const { gatherMs } = STAGES[name]
      await runStage(stage, consumer, { signal: stop, log: context.log, pollMs: POLL_MS, gatherMs })
    } catch (error) {
      failed.abort()
      throw error
    }
  })
  // Who has nothing to do in this run stays until it is over.
  if (runs.length === 0 && !signal.aborted) await once(signal, 'abort')
  const ended = await Promise.allSettled(runs)
  const failure = ended.find((end) => end.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
