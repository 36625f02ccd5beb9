import { expect, test } from 'vitest'
import {
  dateAndHour,
  fileKey,
  hourNumber,
  hourOf,
  isLakeKey,
  parseFile,
  parseRollKey,
  rollKey,
  splitMerged,
} from '../../../../src/domain/lake/lake-layout.ts'

const HOUR = 'event_date=2026-11-21/hour=09/'

test('a file is named by its hour, partition and offsets, and read back from its name', () => {
  const key = fileKey(HOUR, { partition: 3, from: 1000, to: 2000 })
  expect(key).toBe(`${HOUR}p03-0000000000001000-0000000000002000.parquet`)
  expect(parseFile(key, 7)).toEqual({ key, hour: HOUR, bytes: 7, partition: 3, from: 1000, to: 2000 })
  for (const other of ['_lake.json', rollKey(3, 1), `${HOUR}part-0.parquet`, `x/${key}`])
    expect(parseFile(other, 1), other).toBeNull()
  expect(parseRollKey(rollKey(112, 9_007_199_254_740_991))).toEqual({
    partition: 112,
    from: 9_007_199_254_740_991,
  })
  expect(isLakeKey('somebody/else.csv')).toBe(false)
})

test('an event time is in the hour of UTC that it lies in; one that no calendar has is in a folder of its own', () => {
  expect(hourOf(Date.parse('2026-11-21T09:59:59.999Z'))).toBe(HOUR)
  expect(hourOf(Date.parse('2026-11-21T10:00:00.000Z'))).toBe('event_date=2026-11-21/hour=10/')
  expect(hourOf(-1)).toBe('event_date=1969-12-31/hour=23/')
  for (const ms of [9e15, -9e15, Number.NaN]) {
    expect(hourOf(ms)).toContain('event_date=__HIVE_DEFAULT_PARTITION__')
    expect(hourNumber(ms)).toBeNaN()
    expect(dateAndHour(hourOf(ms))).toBeNull()
  }
  expect(dateAndHour(HOUR)).toEqual({ date: '2026-11-21', hour: '09' })
})

test('what lies within another file of its partition was merged into it', () => {
  const file = (partition: number, from: number, to: number) =>
    parseFile(fileKey(HOUR, { partition, from, to }), 1)!
  const names = (files: readonly { partition: number; from: number; to: number }[]) =>
    files.map(({ partition, from, to }) => [partition, from, to])
  const { current, merged } = splitMerged([
    file(1, 0, 10),
    file(0, 20, 30),
    file(0, 0, 30),
    file(0, 0, 10),
    file(0, 30, 35),
    file(0, 10, 20),
  ])
  expect(names(current)).toEqual([
    [0, 0, 30],
    [0, 30, 35],
    [1, 0, 10],
  ])
  expect(names(merged)).toEqual([
    [0, 0, 10],
    [0, 10, 20],
    [0, 20, 30],
  ])
})
