import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ActionLoad, Arrival, Phase } from '../../src/config/scenario.ts'
import { createSchedule, meanTps } from '../../src/load/schedule.ts'

const rate = () => fc.double({ min: 0, max: 4, noNaN: true })
const durationMs = fc.integer({ min: 1, max: 3000 })

const phase: fc.Arbitrary<Phase> = fc.oneof(
  fc.record({ shape: fc.constant('constant' as const), durationMs, rate: rate() }),
  fc.record({ shape: fc.constant('ramp' as const), durationMs, from: rate(), to: rate() }),
  fc.record({
    shape: fc.constant('step' as const),
    durationMs,
    from: rate(),
    to: rate(),
    steps: fc.integer({ min: 1, max: 9 }),
  }),
  fc
    .record({ durationMs, base: rate(), peak: rate(), part: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ part, ...rest }) => ({ shape: 'spike' as const, ...rest, spikeMs: part * rest.durationMs })),
  fc
    .record({ durationMs, min: rate(), above: rate(), periodMs: fc.integer({ min: 10, max: 5000 }) })
    .map(({ above, ...rest }) => ({ shape: 'sine' as const, ...rest, max: rest.min + above })),
)

const arrival: fc.Arbitrary<Arrival> = fc.oneof(
  fc.constant({ process: 'uniform' as const }),
  fc.constant({ process: 'poisson' as const }),
  fc.record({
    process: fc.constant('bursty' as const),
    onMs: fc.integer({ min: 1, max: 500 }),
    offMs: fc.integer({ min: 0, max: 500 }),
  }),
)

const load: fc.Arbitrary<ActionLoad> = fc.record({
  tps: fc.integer({ min: 1, max: 3000 }),
  arrival,
  phases: fc.array(phase, { minLength: 1, maxLength: 4 }),
})
const options = fc.record({
  seed: fc.integer(),
  warmupMs: fc.integer({ min: 0, max: 1000 }),
  stream: fc.constant('test'),
})

function dueTimes(...args: Parameters<typeof createSchedule>): number[] {
  const schedule = createSchedule(...args)
  const times: number[] = []
  for (let dueUs = schedule.next(); dueUs !== Infinity; dueUs = schedule.next()) times.push(dueUs)
  return times
}

test('due times are whole microseconds inside the run, never before the one before', () =>
  fc.assert(
    fc.property(load, options, (plan, given) => {
      const { endUs } = createSchedule(plan, given)
      let lastUs = 0
      for (const dueUs of dueTimes(plan, given)) {
        if (!Number.isInteger(dueUs) || dueUs < lastUs || dueUs > endUs) return false
        lastUs = dueUs
      }
      return true
    }),
  ))

test('the measured part holds as many events as its rate asks for, whatever the process and the shape', () =>
  fc.assert(
    fc.property(load, options, (plan, given) => {
      const { measuredFromUs, endUs } = createSchedule(plan, given)
      const measured = dueTimes(plan, given).filter((dueUs) => dueUs >= measuredFromUs).length
      const expected = (meanTps(plan) * (endUs - measuredFromUs)) / 1e6
      // Even spacing is exact; a Poisson count is within six standard deviations, all but never beyond.
      const spread = plan.arrival.process === 'uniform' ? 2 : 6 * Math.sqrt(expected) + 10
      expect(Math.abs(measured - expected)).toBeLessThanOrEqual(spread)
    }),
  ))

test('an on-off process moves events within their cycle and drops none', () =>
  fc.assert(
    fc.property(load, options, (plan, given) => {
      const smooth = dueTimes({ ...plan, arrival: { process: 'poisson' } }, given)
      const bursty = { process: 'bursty', onMs: 20, offMs: 80 } as const
      const squeezed = dueTimes({ ...plan, arrival: bursty }, given)
      const fromUs = given.warmupMs * 1e3
      const cycle = (dueUs: number) =>
        dueUs < fromUs ? Math.floor(dueUs / 1e5) : 1e6 + Math.floor((dueUs - fromUs) / 1e5)
      expect(squeezed.map(cycle)).toEqual(smooth.map(cycle))
    }),
  ))

test('the same seed gives the same schedule, another seed another', () =>
  fc.assert(
    fc.property(load, options, (plan, given) => {
      const poisson: ActionLoad = {
        ...plan,
        arrival: { process: 'poisson' },
        phases: [{ shape: 'constant', durationMs: 3000, rate: 1 + 100 / plan.tps }],
      }
      expect(dueTimes(poisson, given)).toEqual(dueTimes(poisson, given))
      expect(dueTimes(poisson, given)).not.toEqual(dueTimes(poisson, { ...given, seed: given.seed ^ 1 }))
    }),
    { numRuns: 30 },
  ))
