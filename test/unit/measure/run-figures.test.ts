import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { EventLoopWatch } from '../../../src/measure/event-loop-watch.ts'
import { hostFacts } from '../../../src/measure/host.ts'
import { LatencyRecorder } from '../../../src/measure/latency-recorder.ts'
import { SnapshotSum } from '../../../src/measure/merge-snapshots.ts'
import { stageFigures } from '../../../src/measure/stage-figures.ts'
import { timelineOf } from '../../../src/measure/timeline.ts'

function measurements() {
  const recorder = new LatencyRecorder(0)
  for (let i = 0; i < 200; i++) {
    recorder.sent(i * 5000, i * 5000 + 100)
    recorder.measure('ack').done(i * 5000, i * 5000 + 2000, i * 5000 + 100)
  }
  recorder.sent(1_000_000, 1_000_000)
  recorder.measure('ack').done(1_000_000, 1_500_000, 1_000_000)
  recorder.measure('freshness').failed(5)
  const sum = new SnapshotSum()
  sum.add(recorder.take())
  return sum.toMeasurements(0)
}

test('figures have both latencies, failures and the histogram itself', () => {
  const { ack, freshness, recommend } = stageFigures(measurements(), { freshness: 20 })
  expect(ack).toMatchObject({ count: 201, p50Ms: 2, maxMs: 500, failed: 0, p999Ms: null })
  expect(ack!.sendToDone.p50Ms).toBeCloseTo(1.9, 2)
  expect(ack!.resolutionMs).toBeUndefined()
  expect(decodeFromCompressedBase64(ack!.histogram, 64).totalCount).toBe(201)
  expect(freshness).toMatchObject({ count: 0, p50Ms: null, failed: 1, resolutionMs: 20 })
  expect(recommend).toBeUndefined()
})

test('the timeline has a point for every second that anybody knows of', () => {
  const offered = new Map([
    [0, 200],
    [1, 2],
  ])
  const timeline = timelineOf({
    intervals: measurements().intervals,
    offered,
    backlog: new Map([[2, { behavior: 7 }]]),
  })
  expect(timeline.map(({ second, offered, sent }) => [second, offered, sent])).toEqual([
    [0, 200, 200],
    [1, 2, 1],
    [2, 0, 0],
  ])
  expect(timeline[0]!.measures.ack).toEqual({ count: 200, p50Ms: 2, p99Ms: 2, maxMs: 2 })
  expect(timeline[1]!.measures.ack).toEqual({ count: 1, p50Ms: null, p99Ms: null, maxMs: 500 })
  expect(timeline[2]!.backlog).toEqual({ behavior: 7 })
})

test('a blocked event loop shows its delay, without the watching timer’s own period', async () => {
  const watch = new EventLoopWatch()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const until = performance.now() + 100
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50))
  const { maxMs, p99Ms } = watch.read()
  expect(maxMs).toBeGreaterThan(80)
  expect(p99Ms).toBeLessThanOrEqual(maxMs)
  watch.reset()
  expect(watch.read()).toEqual({ p99Ms: 0, maxMs: 0 })
  watch.stop()
})

test('host facts are facts', () => {
  const facts = hostFacts()
  expect(facts.cores).toBeGreaterThan(0)
  expect(facts.memoryBytes).toBeGreaterThan(1e8)
  expect(facts.cpuModel).not.toBe('')
  expect(facts.node).toBe(process.versions.node)
})
