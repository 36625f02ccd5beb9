import { expect, test } from 'vitest'
import { createBreachWatch } from '../../../src/measure/breach-watch.ts'
import { LatencyRecorder } from '../../../src/measure/latency-recorder.ts'
import { parseObjectives } from '../../../src/measure/parse-objective.ts'

const START = 1e9

/** Plays seconds of a run: of `offered` events each, `done` get done after `latencyUs`. */
function play(
  lines: readonly string[],
  seconds: readonly { done: number; latencyUs?: number; offered?: number }[],
) {
  const watch = createBreachWatch(parseObjectives(lines), { windowMs: 3000 })
  const recorder = new LatencyRecorder(START)
  return seconds.map(({ done, latencyUs = 1000, offered = 200 }, second) => {
    const dueUs = START + second * 1e6
    for (let i = 0; i < offered; i++) {
      recorder.sent(dueUs + i, dueUs + i)
      if (i < done) recorder.measure('ack').done(dueUs + i, dueUs + i + latencyUs)
    }
    const breaches = watch.feed({ atMs: second * 1000, offered, snapshot: structuredClone(recorder.take()) })
    return breaches.map(({ text, reason }) => reason ?? text)
  })
}

const GOOD = { done: 200 }
const SLOW = { done: 200, latencyUs: 900_000 }

test('nothing is judged before the first window is full', () => {
  expect(play(['ack p99 < 100ms'], [SLOW, SLOW, SLOW, SLOW])).toEqual([[], [], [], ['ack p99 < 100ms']])
})

test('a slow second is forgotten once the window has passed it', () => {
  const seen = play(['ack p99 < 100ms'], [GOOD, GOOD, GOOD, SLOW, GOOD, GOOD, GOOD])
  expect(seen.map((breaches) => breaches.length)).toEqual([0, 0, 0, 1, 1, 1, 0])
})

test('a pipeline that stands still is a breach, not a lack of samples', () => {
  const STILL = { done: 0 }
  const seen = play(['ack p99 < 100ms'], [GOOD, STILL, STILL, STILL, STILL])
  expect(seen.at(-1)).toEqual(['nothing got done for 3 s'])
})

test('an idle schedule is no breach', () => {
  const IDLE = { done: 0, offered: 0 }
  expect(play(['ack p99 < 100ms', 'rate >= 99%'], [GOOD, IDLE, IDLE, IDLE, IDLE]).at(-1)).toEqual([])
})

test('the rate of the window is judged, the ledger is not', () => {
  const HALF = { done: 100 }
  expect(play(['rate >= 99%', 'ledger clean', 'lost == 0'], [HALF, HALF, HALF, HALF]).at(-1)).toEqual([
    'rate >= 99%',
  ])
})
