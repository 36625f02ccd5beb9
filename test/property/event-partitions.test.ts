import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  DAYS_AHEAD,
  dateOf,
  dayOf,
  MOST_DAYS,
  partitionDay,
  partitionName,
  planPartitions,
} from '../../src/domain/event-partitions.ts'

const TODAY = dayOf(Date.UTC(2026, 10, 21))
const days = () => fc.integer({ min: TODAY - 1200, max: TODAY + 50 })
const situation = () =>
  fc.record({
    existing: fc.uniqueArray(days(), { maxLength: 60 }).map((list) => new Set(list)),
    seen: fc.array(days(), { maxLength: 30 }),
    today: fc.constant(TODAY),
    retentionDays: fc.integer({ min: 1, max: 1500 }),
  })

test('a partition’s name says its day, and only a partition of a day has one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), (day) => {
      expect(partitionDay(partitionName(day))).toBe(day)
      expect(dayOf(Date.parse(dateOf(day)))).toBe(day)
    }),
  )
  for (const name of ['events_default', 'events', 'other_20260101']) expect(partitionDay(name)).toBeNull()
  expect(partitionName(dayOf(Date.UTC(2026, 1, 3, 23, 59, 59, 999)))).toBe('events_20260203')
})

test('nothing within retention is dropped, nothing past it is kept or made', () => {
  fc.assert(
    fc.property(situation(), (now) => {
      const { create, drop, firstKept } = planPartitions(now)
      const newest = Math.max(...now.seen.filter((day) => day <= TODAY + 1))
      for (const day of drop) expect(day).toBeLessThan(newest - now.retentionDays + 1)
      for (const day of create) expect(day).toBeGreaterThanOrEqual(firstKept)
      for (const day of now.existing) expect(drop.includes(day)).toBe(day < firstKept)
    }),
  )
})

test('every day of an event that is kept and not from the future has a partition, and so have the next days', () => {
  fc.assert(
    fc.property(situation(), (now) => {
      const { create, firstKept } = planPartitions(now)
      const has = (day: number) => now.existing.has(day) || create.includes(day)
      const current = now.seen.filter((day) => day <= TODAY + 1)
      if (current.length === 0) return
      const newest = Math.max(...current)
      for (const day of current)
        expect(has(day)).toBe(
          now.existing.has(day) || (day >= firstKept && day > newest + DAYS_AHEAD - MOST_DAYS),
        )
      for (let ahead = 1; ahead <= DAYS_AHEAD; ahead++) expect(has(newest + ahead)).toBe(true)
      expect(create.every((day) => !now.existing.has(day))).toBe(true)
    }),
  )
})

test('an event from the future neither makes a partition nor ends a retention', () => {
  fc.assert(
    fc.property(situation(), fc.integer({ min: TODAY + 2, max: TODAY + 40_000 }), (now, future) => {
      expect(planPartitions({ ...now, seen: [...now.seen, future] })).toEqual(planPartitions(now))
    }),
  )
})

test('when a plan has been carried out, the next one is empty', () => {
  fc.assert(
    fc.property(situation(), (now) => {
      const { create, drop } = planPartitions(now)
      const existing = new Set([...now.existing, ...create].filter((day) => !drop.includes(day)))
      expect(planPartitions({ ...now, existing })).toMatchObject({ create: [], drop: [] })
    }),
  )
})
