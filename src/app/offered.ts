import type { Scenario } from '../config/scenario.ts'
import { formatTraceId, runTag, type Stream } from '../domain/trace-id.ts'
import { createSchedule, type Schedule } from '../load/schedule.ts'

/** What the schedule of the actions holds. */
export interface Offered {
  readonly total: number
  /** Events before the measured part: the first so many sequence numbers. */
  readonly warmup: number
  /** By second of the measured part; below 0 in the warm-up. */
  readonly bySecond: ReadonlyMap<number, number>
}

/** Walks the schedule once, as the generator will. */
export function countOffered(schedule: Pick<Schedule, 'next' | 'measuredFromUs'>): Offered {
  const bySecond = new Map<number, number>()
  let total = 0
  let warmup = 0
  for (let dueUs = schedule.next(); dueUs !== Infinity; dueUs = schedule.next()) {
    const second = Math.floor((dueUs - schedule.measuredFromUs) / 1e6)
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
    total++
    if (dueUs < schedule.measuredFromUs) warmup++
  }
  return { total, warmup, bySecond }
}

/** The actions' schedule of a scenario, from its beginning. */
export function actionSchedule({ load, seed, warmupMs }: Scenario): Schedule {
  return createSchedule(load.actions, { seed, warmupMs, stream: 'action' })
}

/** Names events of the ledger, also those that the log does not hold, given their due times in order. */
export function traceIdNamer(
  scenario: Scenario,
  dueTimes: (stream: Stream) => Pick<Schedule, 'next'> | null,
) {
  const cursors = new Map<Stream, { schedule: Pick<Schedule, 'next'> | null; at: number; dueUs: number }>()
  return (stream: Stream, sequence: number): string => {
    let cursor = cursors.get(stream)
    // Sequence numbers mostly come in ascending order: then one walk through the schedule names them all.
    if (cursor === undefined || cursor.at > sequence)
      cursor = { schedule: dueTimes(stream), at: -1, dueUs: 0 }
    while (cursor.at < sequence) {
      cursor.dueUs = cursor.schedule?.next() ?? 0
      cursor.at++
    }
    cursors.set(stream, cursor)
    const timestampMs = scenario.startsAtMs + Math.floor(cursor.dueUs / 1e3)
    return formatTraceId(timestampMs, runTag(scenario.seed, stream), sequence)
  }
}
