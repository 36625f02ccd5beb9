import { expect, test } from 'vitest'
import { PartitionQueues } from '../../../../src/drivers/event-log/kafka-partition-queues.ts'
import type { StoredRecord } from '../../../../src/ports/event-log.ts'

const topic = 'user.action.v1'

function records(partition: number, first: number, count: number): StoredRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: new Uint8Array(0),
    value: new Uint8Array(0),
    dueUs: 0,
    topic,
    partition,
    offset: first + i,
    timestampMs: 0,
  }))
}

function queuesOf(...partitions: number[]): PartitionQueues {
  const queues = new PartitionQueues()
  for (const partition of partitions) queues.add({ topic, partition, offset: 0 })
  return queues
}

const places = (taken: readonly StoredRecord[]): string[] => taken.map((r) => `${r.partition}/${r.offset}`)

test('gives each partition an equal share, and what is left over to those that have more', () => {
  const queues = queuesOf(0, 1)
  queues.push(queues.get(topic, 0)!, records(0, 0, 10))
  queues.push(queues.get(topic, 1)!, records(1, 0, 2))
  expect(places(queues.take(6))).toEqual(['0/0', '0/1', '0/2', '1/0', '1/1', '0/3'])
  expect(queues.buffered).toBe(6)
})

test('keeps the order of a partition over several fetches', () => {
  const queues = queuesOf(0)
  const queue = queues.get(topic, 0)!
  queues.push(queue, records(0, 0, 3))
  expect(places(queues.take(2))).toEqual(['0/0', '0/1'])
  queues.push(queue, records(0, 3, 2))
  expect(places(queues.take(10))).toEqual(['0/2', '0/3', '0/4'])
  expect(queues.buffered).toBe(0)
})

test('gives nothing of a paused partition, and keeps what it has', () => {
  const queues = queuesOf(0, 1)
  for (const queue of queues.all) queues.push(queue, records(queue.partition, 0, 2))
  queues.get(topic, 0)!.paused = true
  expect(places(queues.take(10))).toEqual(['1/0', '1/1'])
  queues.get(topic, 0)!.paused = false
  expect(places(queues.take(10))).toEqual(['0/0', '0/1'])
})

test('drops what a partition has when it moves away', () => {
  const queues = queuesOf(0, 1)
  for (const queue of queues.all) queues.push(queue, records(queue.partition, 0, 4))
  const moved = queues.get(topic, 0)!
  queues.take(2)
  queues.keepOnly((_, partition) => partition === 1)
  expect(moved.held).toBe(false)
  expect(queues.buffered).toBe(3)
  expect(places(queues.take(10))).toEqual(['1/1', '1/2', '1/3'])
})
