import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import type { EventLog } from '../ports/event-log.ts'

/** One consumer group on one topic. */
export interface GroupOnTopic {
  readonly stage: string
  readonly group: string
  readonly topic: string
}

/** Records that each stage has not committed yet, by stage. */
export async function backlogOf(
  log: EventLog,
  groups: readonly GroupOnTopic[],
): Promise<Record<string, number>> {
  const backlog: Record<string, number> = {}
  for (const { stage } of groups) backlog[stage] = 0
  await Promise.all(
    groups.map(async ({ stage, group, topic }) => {
      const [offsets, committed] = await Promise.all([log.offsets(topic), log.committed(group, topic)])
      const next = new Map(committed.map((position) => [position.partition, position.offset]))
      let waiting = 0
      for (const { partition, earliest, latest } of offsets)
        waiting += latest - (next.get(partition) ?? earliest)
      backlog[stage]! += waiting
    }),
  )
  return backlog
}

/** Between two looks, ms; longer while the log does not answer. */
const LOOK_MS = 20
const SILENT_MS = 500

/**
 * Waits until nothing waits in front of any stage; false when that took longer than `timeoutMs`. Stages that
 * feed others are drained when two looks in a row found nothing. A log that does not answer is asked again.
 */
export async function drain(
  log: EventLog,
  groups: readonly GroupOnTopic[],
  options: { timeoutMs: number },
): Promise<boolean> {
  const untilUs = nowUs() + options.timeoutMs * 1e3
  let emptyLooks = 0
  while (nowUs() < untilUs) {
    const backlog = await lookAt(log, groups)
    const empty = backlog !== null && Object.values(backlog).every((count) => count === 0)
    emptyLooks = empty ? emptyLooks + 1 : 0
    if (emptyLooks === 2) return true
    await sleep(backlog === null ? SILENT_MS : LOOK_MS)
  }
  return false
}

/** The backlog; null where the log does not answer now. */
async function lookAt(
  log: EventLog,
  groups: readonly GroupOnTopic[],
): Promise<Record<string, number> | null> {
  try {
    return await backlogOf(log, groups)
  } catch (error) {
    if (error instanceof RepError && error.retryable) return null
    throw error
  }
}
