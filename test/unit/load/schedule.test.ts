import { describe, expect, test } from 'vitest'
import type { ActionLoad } from '../../../src/config/scenario.ts'
import { createSchedule, meanTps } from '../../../src/load/schedule.ts'

function dueTimes(load: ActionLoad, options: { seed?: number; warmupMs?: number } = {}): number[] {
  const schedule = createSchedule(load, {
    seed: options.seed ?? 1,
    warmupMs: options.warmupMs ?? 0,
    stream: 'test',
  })
  const times: number[] = []
  for (let dueUs = schedule.next(); dueUs !== Infinity; dueUs = schedule.next()) times.push(dueUs)
  return times
}

const between = (times: number[], fromMs: number, toMs: number) =>
  times.filter((dueUs) => dueUs >= fromMs * 1e3 && dueUs < toMs * 1e3).length

describe('uniform', () => {
  test('spaces events evenly from due time 0', () => {
    const load: ActionLoad = {
      tps: 1000,
      arrival: { process: 'uniform' },
      phases: [{ shape: 'constant', durationMs: 5, rate: 1 }],
    }
    expect(dueTimes(load)).toEqual([0, 1000, 2000, 3000, 4000])
  })

  test('puts the warm-up before the phases, rising to the rate with which they begin', () => {
    const load: ActionLoad = {
      tps: 1000,
      arrival: { process: 'uniform' },
      phases: [{ shape: 'ramp', durationMs: 1000, from: 0.5, to: 1.5 }],
    }
    const times = dueTimes(load, { warmupMs: 3000 })
    expect(between(times, 0, 2000)).toBeCloseTo(550, -1)
    expect(between(times, 0, 1000)).toBeCloseTo(162, -1)
    expect(between(times, 2000, 3000)).toBeCloseTo(500, -1)
    expect(between(times, 3000, 4000)).toBeCloseTo(1000, -1)
    expect(between(times, 3500, 4000)).toBeCloseTo(625, -1)
  })

  test('follows a spike, a stair, a sine and a pause', () => {
    const load: ActionLoad = {
      tps: 1000,
      arrival: { process: 'uniform' },
      phases: [
        { shape: 'spike', durationMs: 3000, base: 1, peak: 4, spikeMs: 1000 },
        { shape: 'step', durationMs: 2000, from: 1, to: 3, steps: 2 },
        { shape: 'constant', durationMs: 1000, rate: 0 },
        { shape: 'sine', durationMs: 4000, min: 0, max: 2, periodMs: 4000 },
      ],
    }
    const times = dueTimes(load)
    expect(between(times, 0, 1000)).toBeCloseTo(1000, -1)
    expect(between(times, 1000, 2000)).toBeCloseTo(4000, -1)
    expect(between(times, 2000, 3000)).toBeCloseTo(1000, -1)
    expect(between(times, 3000, 4000)).toBeCloseTo(1000, -1)
    expect(between(times, 4000, 5000)).toBeCloseTo(3000, -1)
    expect(between(times, 5000, 6000)).toBeLessThanOrEqual(1)
    // Above and below the mean, a half sine has 2 / pi of the amplitude.
    expect(between(times, 6000, 8000)).toBeCloseTo(2000 * (1 + 2 / Math.PI), -2)
    expect(between(times, 8000, 10000)).toBeCloseTo(2000 * (1 - 2 / Math.PI), -2)
    expect(meanTps(load)).toBeCloseTo(14000 / 10, 3)
  })
})

test('a bursty process is silent between bursts and keeps the mean of every cycle', () => {
  const load: ActionLoad = {
    tps: 2000,
    arrival: { process: 'bursty', onMs: 100, offMs: 300 },
    phases: [{ shape: 'constant', durationMs: 40_000, rate: 1 }],
  }
  const times = dueTimes(load)
  expect(times.every((dueUs) => (dueUs / 1e3) % 400 <= 100)).toBe(true)
  expect(Math.abs(times.length - 80_000)).toBeLessThan(5 * Math.sqrt(80_000))
})

test('gaps of a Poisson process have the spread of its mean', () => {
  const load: ActionLoad = {
    tps: 1000,
    arrival: { process: 'poisson' },
    phases: [{ shape: 'constant', durationMs: 50_000, rate: 1 }],
  }
  const times = dueTimes(load)
  const gaps = times.slice(1).map((dueUs, i) => dueUs - times[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(mean).toBeGreaterThan(960)
  expect(mean).toBeLessThan(1040)
  expect(deviation / mean).toBeGreaterThan(0.95)
  expect(deviation / mean).toBeLessThan(1.05)
})
