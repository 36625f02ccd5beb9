import type { Scenario } from '../config/scenario.ts'
import { canarySchedule } from '../load/canary-source.ts'
import { isOwn, type Shard } from '../load/event-source.ts'
import { createSchedule, type Schedule } from '../load/schedule.ts'
import { UserPicker } from '../load/user-picker.ts'

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

/** The same schedule, only the events of one shard's users: as the shard's ActionSource walks it. */
export function shardSchedule(scenario: Scenario, shard: Shard): Pick<Schedule, 'next' | 'measuredFromUs'> {
  const schedule = actionSchedule(scenario)
  const users = new UserPicker(scenario.users, scenario.seed)
  const next = (): number => {
    for (;;) {
      const dueUs = schedule.next()
      if (dueUs === Infinity) return dueUs
      if (isOwn(users.next(scenario.startsAtMs + Math.floor(dueUs / 1e3)), shard)) return dueUs
    }
  }
  return { next, measuredFromUs: schedule.measuredFromUs }
}

/** Canaries that a run sends. */
export function canaryCount(scenario: Scenario): number {
  return scenario.load.canaries.tps > 0 ? countOffered(canarySchedule(scenario)).total : 0
}
