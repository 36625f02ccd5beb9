import type { ActionLoad } from '../../config/scenario.ts'
import { createSchedule, type Schedule } from '../schedule.ts'
import { TapeReader } from './tape-reader.ts'

/** When recorded actions are due. */
export type ReplayTiming =
  /** As they happened, so many times faster. */
  | { readonly kind: 'recorded'; readonly speed: number }
  /** One after another as an arrival process has it, whatever their times. */
  | (Pick<ActionLoad, 'tps' | 'arrival'> & {
      readonly kind: 'rate'
      readonly seed: number
      readonly warmupMs: number
    })

/** The schedule goes on until the tape ends. */
const ENDLESS = [{ shape: 'constant', durationMs: 1e12, rate: 1 }] as const

/** Due times, µs since the start of the run, of actions in the order of the tape, given their times on it. */
export function dueTimes(timing: ReplayTiming): (timeMs: number) => number {
  if (timing.kind === 'recorded') return (timeMs) => Math.floor((timeMs * 1e3) / timing.speed)
  const { tps, arrival, seed, warmupMs } = timing
  const schedule = createSchedule({ tps, arrival, phases: ENDLESS }, { seed, warmupMs, stream: 'action' })
  return () => schedule.next()
}

/** The due times of a tape as a schedule: its length is what a run offers. */
export function tapeSchedule(
  tapeFile: string,
  timing: ReplayTiming,
  warmupMs: number,
): Pick<Schedule, 'next' | 'measuredFromUs'> {
  const tape = new TapeReader(tapeFile)
  const dueOf = dueTimes(timing)
  return {
    measuredFromUs: warmupMs * 1e3,
    next: () => (tape.next() ? dueOf(tape.timeMs) : Infinity),
  }
}
