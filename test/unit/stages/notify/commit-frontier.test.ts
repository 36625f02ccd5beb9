import { expect, test } from 'vitest'
import { CommitFrontier } from '../../../../src/stages/notify/commit-frontier.ts'

test('waits for the lowest unfinished offset', () => {
  const frontier = new CommitFrontier('t')
  frontier.begin(1, 10)
  const tickets = [10, 11, 12].map((offset) => frontier.start(1, offset))
  tickets[2]!.finish()
  expect(frontier.due()).toEqual([])
  tickets[0]!.finish()
  expect(frontier.due()).toEqual([{ topic: 't', partition: 1, offset: 11 }])
  tickets[1]!.finish()
  const due = frontier.due()
  expect(due).toEqual([{ topic: 't', partition: 1, offset: 13 }])
  frontier.committed(due)
  expect(frontier.due()).toEqual([])
})

test('forgets partitions that are not owned any more', () => {
  const frontier = new CommitFrontier('t')
  const tickets = [0, 1].map((partition) => frontier.start(partition, 0))
  frontier.keepOnly((partition) => partition === 1)
  for (const ticket of tickets) ticket.finish()
  expect(frontier.due()).toEqual([{ topic: 't', partition: 1, offset: 1 }])
})

test('stays right over many offsets with few unfinished ones', () => {
  const frontier = new CommitFrontier('t')
  const slow = frontier.start(0, 0)
  for (let offset = 1; offset < 10_000; offset++) frontier.start(0, offset).finish()
  expect(frontier.due()).toEqual([])
  slow.finish()
  expect(frontier.due()).toEqual([{ topic: 't', partition: 0, offset: 10_000 }])
  for (let offset = 10_000; offset < 20_000; offset++) frontier.start(0, offset).finish()
  expect(frontier.due()).toEqual([{ topic: 't', partition: 0, offset: 20_000 }])
})
