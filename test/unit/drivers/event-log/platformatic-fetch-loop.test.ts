import { expect, test } from 'vitest'
import type { KafkaAdmin } from '../../../../src/drivers/event-log/kafka-admin.ts'
import { PartitionQueues } from '../../../../src/drivers/event-log/kafka-partition-queues.ts'
import type {
  FetchFrom,
  FetchLimits,
  PlatformaticFetch,
} from '../../../../src/drivers/event-log/platformatic-fetch.ts'
import { PlatformaticFetchLoop } from '../../../../src/drivers/event-log/platformatic-fetch-loop.ts'

const PARTITIONS = 12

/** Answers every fetch with nothing, and notes what was asked; ends the loop after `rounds`. */
async function ask(rounds: number, quiet: boolean) {
  const queues = new PartitionQueues()
  for (let partition = 0; partition < PARTITIONS; partition++)
    queues.add({ topic: 'actions', partition, offset: 0 })
  const asked: { readonly partitions: number[]; readonly limits: FetchLimits }[] = []
  const record = (partition: number) => ({
    key: Buffer.alloc(0),
    value: Buffer.alloc(0),
    dueUs: 0,
    topic: 'actions',
    partition,
    offset: 0,
    timestampMs: 0,
  })
  const fetch = {
    leaders: async (froms: readonly FetchFrom[]) => new Map([[1, froms]]),
    fetch: async (_node: number, froms: readonly FetchFrom[], limits: FetchLimits) => {
      asked.push({ partitions: froms.map(({ partition }) => partition), limits })
      if (asked.length === rounds) loop.close()
      const [{ topic, partition, offset }] = froms as [FetchFrom]
      const records = quiet ? [] : [record(partition)]
      return [{ topic, partition, records, nextOffset: offset + records.length, endOffset: 1e6 }]
    },
  } as unknown as PlatformaticFetch
  const loop: PlatformaticFetchLoop = new PlatformaticFetchLoop({
    queues,
    fetch,
    admin: {} as KafkaAdmin,
    limits: { maxWaitMs: 20, minBytes: 65_536, maxBytes: 524_288, partitionBytes: 131_072 },
    prefetchRecords: 1000,
    from: 'earliest',
    onChange: () => undefined,
  })
  await loop.pump()
  await expect.poll(() => asked.length).toBe(rounds)
  return asked
}

test('each fetch begins with another partition and names all: none starves behind the others’ backlog', async () => {
  const asked = await ask(2 * PARTITIONS, false)
  const firsts = asked.map(({ partitions }) => partitions[0]!)
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect(firsts.filter((first) => first === partition)).toHaveLength(2)
  for (const { partitions } of asked)
    expect(partitions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: PARTITIONS }, (_, i) => i))
})

test('no partition may take more than its share of an answer', async () => {
  const [first] = await ask(1, false)
  const { partitionBytes, maxBytes } = first!.limits
  expect(partitionBytes * PARTITIONS).toBeLessThan(maxBytes + PARTITIONS)
})

test('a broker that had nothing answers at the first byte, and is asked less often', async () => {
  const [, second] = await ask(2, true)
  expect(second!.limits).toMatchObject({ minBytes: 1, maxWaitMs: 100 })
})
