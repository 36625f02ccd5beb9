import { expect, test } from 'vitest'
import { conserve, sumCounters } from '../../../src/measure/conservation.ts'
import { newCounters } from '../../../src/stages/stage.ts'

const books = (counters: Partial<ReturnType<typeof newCounters>>, committed = 100, latest = 100) =>
  conserve({
    stage: 's',
    counters: { ...newCounters(), ...counters },
    partitions: [{ from: 0, committed, latest }],
  })

test('a drained stage balances with every way out used', () => {
  expect(books({ in: 105, out: 90, duplicates: 5, deadLettered: 6, rejected: 4 })).toEqual({
    stage: 's',
    in: 105,
    out: 90,
    duplicates: 5,
    deadLettered: 6,
    rejected: 4,
    inFlight: 0,
    balanced: true,
  })
})

test('what waits in the log, taken or not, is in flight', () => {
  expect(books({ in: 60, out: 60 }, 60)).toMatchObject({ in: 100, inFlight: 40, balanced: true })
  expect(books({ in: 80, out: 60 }, 60)).toMatchObject({ in: 100, inFlight: 40, balanced: true })
})

test('a record that a stage took and dropped shows', () => {
  expect(books({ in: 100, out: 99 })).toMatchObject({ in: 100, out: 99, inFlight: 0, balanced: false })
})

test('a record that a stage committed past without taking it shows', () => {
  expect(books({ in: 99, out: 99 })).toMatchObject({ in: 100, balanced: false })
})

test('more out than in shows', () => {
  expect(books({ in: 100, out: 101 }).balanced).toBe(false)
  expect(books({ in: 90, out: 100 }).balanced).toBe(false)
})

test('only what was appended in this run counts', () => {
  const counters = { ...newCounters(), in: 10, out: 10 }
  expect(
    conserve({ stage: 's', counters, partitions: [{ from: 90, committed: 100, latest: 100 }] }).balanced,
  ).toBe(true)
})

test('members of a stage are summed', () => {
  const one = { ...newCounters(), in: 2, out: 1, duplicates: 1 }
  expect(sumCounters([one, one, newCounters()])).toEqual({ ...newCounters(), in: 4, out: 2, duplicates: 2 })
})
