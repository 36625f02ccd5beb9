import { expect, test } from 'vitest'
import { FirstPoll } from '../../../src/load/first-poll.ts'

test('until enough canaries were seen, the first poll comes at once', () => {
  const firstPoll = new FirstPoll()
  for (let i = 0; i < 15; i++) firstPoll.seen(80_000)
  expect(firstPoll.ageUs).toBe(0)
  firstPoll.seen(80_000)
  expect(firstPoll.ageUs).toBe(40_000)
})

test('a canary that is seen sooner brings the first poll forward, and is forgotten after 16 others', () => {
  const firstPoll = new FirstPoll()
  for (let i = 0; i < 16; i++) firstPoll.seen(80_000)
  firstPoll.seen(40_000)
  expect(firstPoll.ageUs).toBe(20_000)
  for (let i = 0; i < 15; i++) firstPoll.seen(100_000)
  expect(firstPoll.ageUs).toBe(20_000)
  firstPoll.seen(100_000)
  expect(firstPoll.ageUs).toBe(50_000)
})

test('freshness that halves each time is followed down to any age', () => {
  const firstPoll = new FirstPoll()
  for (let i = 0; i < 16; i++) firstPoll.seen(1_000_000)
  for (let i = 0; i < 20; i++) firstPoll.seen(firstPoll.ageUs)
  expect(firstPoll.ageUs).toBeLessThan(1)
})
