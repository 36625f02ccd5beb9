import type { Scenario } from '../config/scenario.ts'
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
