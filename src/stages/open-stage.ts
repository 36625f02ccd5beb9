import type { Consumer, EventLog, Position } from '../ports/event-log.ts'
import type { Stage } from './stage.ts'

/** A stage that holds the consumer which it commits by. */
export interface ConsumingStage extends Stage {
  attach(consumer: Consumer): void
  /** Partitions that it begins to read, from these positions. */
  begin?(assigned: readonly Position[]): Promise<void> | void
}

/** A stage and its consumer, to be run with `runStage`. */
export interface OpenedStage {
  readonly stage: Stage
  readonly consumer: Consumer
}

/** Joins the stage's group and hands the stage its consumer. */
export async function openStage(
  stage: ConsumingStage,
  log: EventLog,
  maxRecords: number,
): Promise<OpenedStage> {
  const consumer = await log.consume({
    group: stage.group,
    topics: stage.reads,
    maxRecords,
    onAssigned: async (assigned) => stage.begin?.(assigned),
  })
  stage.attach(consumer)
  return { stage, consumer }
}
