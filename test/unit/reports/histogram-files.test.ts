import { HistogramLogReader, listTags } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { renderHgrm } from '../../../reports/hgrm.ts'
import { renderHlog } from '../../../reports/hlog.ts'
import { MEASURES } from '../../../src/measure/run-record.ts'
import { sampleRun } from '../../fixtures/run-records/build.ts'

const { measurements, record } = sampleRun('partial')
const log = renderHlog(measurements)

test('the interval log begins with version, start and base time, and the legend', () => {
  const base = (measurements.startedAtEpochMs - 5000) / 1000
  const head = log.split('\n').slice(0, 7).join('\n')
  expect(head).toContain('#[Histogram log format version 1.3]')
  expect(head).toContain(`#[StartTime: ${base.toFixed(3)} (seconds since epoch)`)
  expect(head).toContain(`#[BaseTime: ${base.toFixed(3)} (seconds since epoch)]`)
  expect(head).toContain('"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"')
})

test('a reader gets every interval of every measure back', () => {
  expect(listTags(log)).toEqual(MEASURES.filter((name) => measurements.measures.has(name)))
  const reader = new HistogramLogReader(log)
  const expected = measurements.intervals.flatMap(({ second, measures }) =>
    MEASURES.flatMap((name) => {
      const histogram = measures.get(name)
      return histogram === undefined ? [] : [{ second, name, histogram }]
    }),
  )
  expect(expected.length).toBeGreaterThan(60)
  for (const { second, name, histogram } of expected) {
    const read = reader.nextIntervalHistogram()!
    expect(read.tag).toBe(name)
    expect(read.startTimeStampMsec).toBeCloseTo(measurements.startedAtEpochMs + second * 1000, 0)
    expect(read.endTimeStampMsec - read.startTimeStampMsec).toBeCloseTo(1000, 0)
    expect(read.totalCount).toBe(histogram.totalCount)
    for (const p of [0, 50, 99, 100])
      expect(read.getValueAtPercentile(p)).toBe(histogram.getValueAtPercentile(p))
  }
  expect(reader.nextIntervalHistogram()).toBeNull()
})

test('measured intervals add up to the whole run', () => {
  const reader = new HistogramLogReader(log)
  let count = 0
  for (let read = reader.nextIntervalHistogram(); read !== null; read = reader.nextIntervalHistogram())
    if (read.tag === 'ack' && read.startTimeStampMsec >= measurements.startedAtEpochMs - 1)
      count += read.totalCount
  expect(count).toBe(record.stages.ack!.count)
})

test('a log without intervals is a header alone', () => {
  const empty = renderHlog({ ...measurements, intervals: [] })
  expect(new HistogramLogReader(empty).nextIntervalHistogram()).toBeNull()
  expect(empty).toContain('[BaseTime:')
})

test('the percentile distribution is in milliseconds and ends at the maximum', () => {
  const { dueToDone } = measurements.measures.get('ack')!
  const rows = renderHgrm(dueToDone)
    .split('\n')
    .filter((line) => /^\s+[\d.]+\s+[\d.]+\s+\d+/.test(line))
    .map((line) => line.trim().split(/\s+/).map(Number))
  expect(rows.length).toBeGreaterThan(30)
  const median = rows.find(([, share]) => share! >= 0.5)![0]!
  expect(median).toBeCloseTo(dueToDone.getValueAtPercentile(50) / 1000, 2)
  expect(rows.at(-1)!.slice(1)).toEqual([1, dueToDone.totalCount])
  expect(renderHgrm(dueToDone)).toMatch(/#\[Max\s+=\s+[\d.]+, Total count\s+=\s+\d+\]/)
})
