import { expect, test } from 'vitest'
import { LatencyRecorder } from '../../../src/measure/latency-recorder.ts'
import { mergeSnapshots, SnapshotSum } from '../../../src/measure/merge-snapshots.ts'

const START = 5_000_000_000

test('a slow server shows in due to done where send to done hides it', () => {
  const recorder = new LatencyRecorder(START)
  recorder.measure('ack').done(START + 10, START + 900_010, START + 900_000)
  const sum = new SnapshotSum()
  sum.add(recorder.take())
  const ack = sum.toMeasurements(0).measures.get('ack')!
  expect(ack.dueToDone.maxValue).toBe(900_000)
  expect(ack.sendToDone.maxValue).toBe(10)
})

test('the warm-up is counted in seconds below 0 and in no figure', () => {
  const recorder = new LatencyRecorder(START)
  recorder.sent(START - 1, START + 50)
  recorder.measure('ack').done(START - 1, START + 2_000_000, START)
  recorder.measure('ack').failed(START - 1)
  recorder.sent(START, START + 3)
  recorder.measure('ack').done(START, START + 7, START + 3)
  const sum = new SnapshotSum()
  sum.add(recorder.take())
  const { measures, scheduleLag, intervals } = sum.toMeasurements(123)
  expect(measures.get('ack')!.dueToDone.totalCount).toBe(1)
  expect(measures.get('ack')!.dueToDone.maxValue).toBe(7)
  expect(measures.get('ack')!.sendToDone.maxValue).toBe(4)
  expect(measures.get('ack')!.failed).toBe(0)
  expect(scheduleLag.totalCount).toBe(1)
  expect(intervals.map(({ second, sent }) => [second, sent])).toEqual([
    [-1, 1],
    [0, 1],
  ])
})

test('a sample counts in the second of its due time, however late it comes', () => {
  const recorder = new LatencyRecorder(START)
  const ack = recorder.measure('ack')
  for (let second = 0; second < 40; second++) ack.done(START + second * 1e6, START + second * 1e6 + 5)
  ack.done(START + 1, START + 39_000_000)
  const [first] = mergeSnapshots([recorder.take()]).measures.get('ack')!.seconds
  expect(first!.second).toBe(0)
  expect(first!.counts.total).toBe(2)
  expect(first!.counts.maxUs).toBe(38_999_999)
})

test('an unknown send time gives no sample of send to done', () => {
  const recorder = new LatencyRecorder(START)
  recorder.measure('index').done(START, START + 9)
  const snapshot = recorder.take().measures.get('index')!
  expect(snapshot.sendToDone.total).toBe(0)
  expect(snapshot.seconds[0]!.counts.total).toBe(1)
})

test('takes add up to one take, also after a structured clone', () => {
  const whole = new LatencyRecorder(START)
  const parts = new LatencyRecorder(START)
  const snapshots = []
  for (let i = 0; i < 1000; i++) {
    for (const recorder of [whole, parts]) {
      recorder.sent(START + i * 5000, START + i * 5000 + i)
      recorder.measure('ack').done(START + i * 5000, START + i * 5007, START + i * 5000 + i)
      if (i % 100 === 0) recorder.measure('notify').failed(START + i)
    }
    if (i % 333 === 0) snapshots.push(structuredClone(parts.take()))
  }
  snapshots.push(structuredClone(parts.take()))
  expect(mergeSnapshots(snapshots)).toEqual(mergeSnapshots([whole.take()]))
})

test('a taken recorder starts anew', () => {
  const recorder = new LatencyRecorder(START)
  recorder.sent(START, START)
  recorder.measure('ack').done(START, START)
  recorder.take()
  const again = recorder.take()
  expect(again.sent.size).toBe(0)
  expect(again.measures.get('ack')!.seconds).toEqual([])
})

test('seconds that take turns stay open, whatever newer ones were seen before', () => {
  const recorder = new LatencyRecorder(START)
  const ack = recorder.measure('ack')
  for (let second = 0; second < 50; second++) ack.done(START + second * 1e6, START + second * 1e6)
  for (let i = 0; i < 800; i++) ack.done(START + (i % 8) * 1e6, START + 60e6)
  // 50 parts, and one more for each of the 8 that had to be reopened.
  expect(recorder.take().measures.get('ack')!.seconds).toHaveLength(58)
})
