import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TopicName, TopicSpec } from '../../src/domain/topics.ts'
import { partitionOf } from '../../src/kernel/hash.ts'
import type {
  ConsumeOptions,
  Consumer,
  EventLog,
  LogRecord,
  Position,
  StoredRecord,
} from '../../src/ports/event-log.ts'

/** One service of the log; `open` connects one more client to it, as another thread or process would. */
export interface EventLogUnderTest {
  readonly open: () => Promise<EventLog>
  readonly close: () => Promise<void>
}

const ACTIONS: TopicSpec = { name: 'user.action.v1', partitions: 12 }
const CHANGES: TopicSpec = { name: 'product.inventory.v1', partitions: 3 }
const topic = ACTIONS.name

/** The contract of every event log. Waits are on conditions; a driver's own delays do not matter. */
export function describeEventLog(name: string, start: () => Promise<EventLogUnderTest>): void {
  describe(`event log: ${name}`, () => {
    let service: EventLogUnderTest
    let log: EventLog
    let opened: EventLog[]

    const open = async () => {
      const client = await service.open()
      opened.push(client)
      return client
    }

    beforeEach(async () => {
      service = await start()
      opened = []
      log = await open()
      await log.ensureTopics([ACTIONS, CHANGES])
    })

    afterEach(async () => {
      for (const client of opened) await client.close()
      await service.close()
    })

    const get = () => ({ log, open })
    appending(get)
    reading(get)
    consuming(get)
    sharing(get)
  })
}

type Get = () => { readonly log: EventLog; readonly open: () => Promise<EventLog> }

function appending(get: Get): void {
  test('puts a record on the partition that murmur2 gives its key', async () => {
    const batch = numbered(0, 60)
    const { partitions } = await get().log.append(topic, batch)
    expect([...partitions]).toEqual(batch.map((record) => partitionOf(record.key, 12)))
  })

  test('puts a record on the partition that it asks for', async () => {
    const { log } = get()
    const batch = [{ ...record('a', '1'), partition: 7 }]
    expect([...(await log.append(topic, batch)).partitions]).toEqual([7])
    expect(texts(await log.read({ topic, partition: 7, offset: 0 }, 10))).toEqual(['1'])
  })

  test('gives contiguous offsets in batch order, from 0', async () => {
    const { log } = get()
    const next = new Map<number, number>()
    for (let i = 0; i < 5; i++) {
      const { partitions, offsets } = await log.append(topic, numbered(i * 40, 40))
      offsets.forEach((offset, position) => {
        const partition = partitions[position]!
        expect(offset).toBe(next.get(partition) ?? 0)
        next.set(partition, offset + 1)
      })
    }
    for (const { partition, earliest, latest } of await log.offsets(topic)) {
      expect({ earliest, latest }).toEqual({ earliest: 0, latest: next.get(partition) ?? 0 })
    }
  })

  test('appends of several clients at once lose nothing and keep each batch in order', async () => {
    const clients = [get().log, await get().open(), await get().open()]
    const batches = clients.flatMap((client, c) =>
      Array.from({ length: 10 }, (_, b) => client.append(topic, numbered(c * 1000 + b * 20, 20))),
    )
    const results = await Promise.all(batches)
    const places = results.flatMap(({ partitions, offsets }) =>
      [...offsets].map((offset, position) => `${partitions[position]}/${offset}`),
    )
    expect(new Set(places).size).toBe(600)
    const all = await readAll(get().log)
    expect(all).toHaveLength(600)
    for (const records of byPartition(all).values()) {
      const firstOfBatch = new Map<number, number>()
      for (const text of texts(records)) {
        const batch = Math.floor(Number(text) / 20)
        expect(Number(text)).toBeGreaterThan(firstOfBatch.get(batch) ?? -1)
        firstOfBatch.set(batch, Number(text))
      }
    }
  })

  test('takes an empty batch', async () => {
    const { partitions, offsets } = await get().log.append(topic, [])
    expect([partitions.length, offsets.length]).toEqual([0, 0])
  })

  test('stores nothing when the signal is aborted already', async () => {
    const { log } = get()
    const reason = new Error('stop')
    await expect(log.append(topic, numbered(0, 3), AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await readAll(log)).toEqual([])
  })

  test('refuses a topic with another number of partitions', async () => {
    const other = [{ ...ACTIONS, partitions: 5 }]
    await expect(get().log.ensureTopics(other)).rejects.toMatchObject({ code: 'REP_LOG_TOPIC' })
    await get().log.ensureTopics([ACTIONS])
  })

  test('refuses a topic that was never created', async () => {
    await expect(get().log.append('nowhere', numbered(0, 1))).rejects.toMatchObject({ code: 'REP_LOG_TOPIC' })
  })
}

function reading(get: Get): void {
  test('gives back keys, values, headers and due times as they were', async () => {
    const { log } = get()
    const key = Uint8Array.from({ length: 256 }, (_, i) => i)
    const value = new Uint8Array(300_000).map((_, i) => (i * 7) & 255)
    const headers = { 'trace-ü': Uint8Array.of(0, 255, 128), empty: new Uint8Array(0) }
    const dueUs = 123_456_789_012.25
    const beforeMs = Date.now()
    await log.append(topic, [
      { key, value, dueUs, headers, partition: 3 },
      { key: Uint8Array.of(1), value: new Uint8Array(0), dueUs: 0, partition: 3 },
    ])
    const [first, second] = await log.read({ topic, partition: 3, offset: 0 }, 10)
    expect(first).toMatchObject({ topic, partition: 3, offset: 0, dueUs })
    expect(Buffer.compare(first!.key, key)).toBe(0)
    expect(Buffer.compare(first!.value, value)).toBe(0)
    expect(Object.fromEntries(Object.entries(first!.headers!).map(([n, v]) => [n, [...v]]))).toEqual({
      'trace-ü': [0, 255, 128],
      empty: [],
    })
    expect(first!.timestampMs).toBeGreaterThanOrEqual(beforeMs - 1)
    expect(first!.timestampMs).toBeLessThanOrEqual(Date.now() + 1)
    expect(second).toMatchObject({ offset: 1, dueUs: 0 })
    expect(second!.value).toHaveLength(0)
  })

  test('reads from any offset, at most what was asked for', async () => {
    const { log } = get()
    await log.append(topic, onPartition(0, 0, 10))
    await log.append(topic, onPartition(0, 10, 10))
    const read = async (offset: number, most: number) =>
      texts(await log.read({ topic, partition: 0, offset }, most)).map(Number)
    expect(await read(0, 5)).toEqual([0, 1, 2, 3, 4])
    expect(await read(7, 6)).toEqual([7, 8, 9, 10, 11, 12])
    expect(await read(19, 100)).toEqual([19])
    expect(await read(20, 100)).toEqual([])
  })

  test('retention by size drops the oldest and keeps offsets', async () => {
    const { log } = get()
    for (let i = 0; i < 10; i++) await log.append(topic, onPartition(0, i * 10, 10))
    const dropped = await log.retain(topic, { maxBytes: 400 })
    const { earliest, latest } = (await log.offsets(topic))[0]!
    expect(dropped).toBeGreaterThan(0)
    expect({ earliest, latest }).toEqual({ earliest: dropped, latest: 100 })
    const left = texts(await log.read({ topic, partition: 0, offset: 0 }, 1000)).map(Number)
    expect(left).toEqual(Array.from({ length: 100 - dropped }, (_, i) => dropped + i))
    expect([...(await log.append(topic, onPartition(0, 100, 1))).offsets]).toEqual([100])
  })

  test('retention by age keeps what is young enough', async () => {
    const { log } = get()
    await log.append(topic, numbered(0, 50))
    expect(await log.retain(topic, { maxAgeMs: 3_600_000 })).toBe(0)
    const appendedMs = Date.now()
    await until(() => Date.now() > appendedMs + 5)
    expect(await log.retain(topic, { maxAgeMs: 0 })).toBe(50)
    expect(await readAll(log)).toEqual([])
  })
}

function consuming(get: Get): void {
  test('a group sees every record once, each key in order', async () => {
    const { log } = get()
    await log.append(topic, numbered(0, 500))
    const consumer = await consume(log)
    const seen = await drain([consumer], 500)
    expect(seen).toHaveLength(500)
    for (const records of byPartition(seen).values()) {
      expect(records.map((r) => r.offset)).toEqual(records.map((_, i) => i))
    }
    for (const values of byKey(seen).values()) expect(values).toEqual([...values].sort((a, b) => a - b))
  })

  test('a poll returns at most maxRecords, and a busy partition does not starve the others', async () => {
    const { log } = get()
    await log.append(topic, onPartition(0, 0, 400))
    await log.append(topic, onPartition(1, 1000, 5))
    const consumer = await consume(log, { maxRecords: 20 })
    const seen: StoredRecord[] = []
    while (!seen.some((r) => r.partition === 1)) {
      const records = await consumer.poll(1000)
      expect(records.length).toBeLessThanOrEqual(20)
      seen.push(...records)
    }
    expect(seen.length).toBeLessThan(400)
  })

  test('reads several topics', async () => {
    const { log } = get()
    await log.append(topic, numbered(0, 20))
    await log.append(CHANGES.name, numbered(20, 20))
    const consumer = await consume(log, { topics: [topic, CHANGES.name] })
    const seen = await drain([consumer], 40)
    expect(new Set(seen.map((r) => r.topic))).toEqual(new Set([topic, CHANGES.name]))
  })

  test('goes on at the committed offsets after the log was closed and opened again', async () => {
    const first = await get().open()
    await first.append(topic, onPartition(4, 0, 30))
    const consumer = await consume(first, { maxRecords: 10 })
    await nonEmpty(consumer)
    await consumer.commit([{ topic, partition: 4, offset: 10 }])
    await first.close()
    const second = await get().open()
    expect(await second.committed('group', topic)).toEqual([{ topic, partition: 4, offset: 10 }])
    const again = await consume(second)
    expect((await drain([again], 20)).map((r) => r.offset)[0]).toBe(10)
  })

  test('tells where it begins before it reads', async () => {
    const { log } = get()
    await log.append(topic, numbered(0, 20))
    const told: Position[] = []
    const consumer = await consume(log, {
      onAssigned: async (assigned) => {
        told.push(...assigned)
      },
    })
    await nonEmpty(consumer)
    expect(told.map((at) => at.partition).sort((a, b) => a - b)).toEqual([...Array(12).keys()])
    expect(told.every((at) => at.topic === topic && at.offset === 0)).toBe(true)
    expect(consumer.assignment()).toHaveLength(12)
  })

  test('a group from latest sees only what is appended after it began', async () => {
    const { log } = get()
    await log.append(topic, onPartition(2, 0, 10))
    const consumer = await consume(log, { from: 'latest' })
    await until(async () => (await consumer.poll(10)).length === 0 && consumer.assignment().length === 12)
    await log.append(topic, onPartition(2, 10, 5))
    expect(texts(await drain([consumer], 5)).map(Number)).toEqual([10, 11, 12, 13, 14])
  })

  test('a paused partition is not read until it is resumed', async () => {
    const { log } = get()
    const consumer = await consume(log)
    await until(async () => (await consumer.poll(10)).length === 0 && consumer.assignment().length === 12)
    consumer.pause([{ topic, partition: 0 }])
    await log.append(topic, onPartition(0, 0, 5))
    await log.append(topic, onPartition(1, 5, 5))
    expect(new Set((await drain([consumer], 5)).map((r) => r.partition))).toEqual(new Set([1]))
    expect(await consumer.poll(50)).toEqual([])
    expect(consumer.assignment()).toHaveLength(12)
    consumer.resume([{ topic, partition: 0 }])
    expect((await drain([consumer], 5)).map((r) => r.offset)).toEqual([0, 1, 2, 3, 4])
  })

  test('an aborted poll ends without its records being lost', async () => {
    const { log } = get()
    const consumer = await consume(log)
    await until(async () => (await consumer.poll(10)).length === 0 && consumer.assignment().length === 12)
    const stop = new AbortController()
    const reason = new Error('stop')
    const polled = consumer.poll(600_000, stop.signal)
    stop.abort(reason)
    await expect(polled).rejects.toBe(reason)
    await log.append(topic, numbered(0, 10))
    expect(await drain([consumer], 10)).toHaveLength(10)
  })
}

function sharing(get: Get): void {
  test('members share the partitions without overlap, and a leaver’s go to the others', async () => {
    const { log, open } = get()
    const members = [await consume(log), await consume(await open()), await consume(await open())]
    await until(() => balanced(members, [4, 4, 4]))
    const owned = members.flatMap((member) => member.assignment().map((at) => at.partition))
    expect(new Set(owned).size).toBe(12)
    await members[0]!.close()
    await until(() => balanced(members.slice(1), [6, 6]))
  })

  test('joining and leaving loses no record and commits none twice', async () => {
    const { log, open } = get()
    const appended = 1500
    for (let i = 0; i < appended; i += 50) await log.append(topic, numbered(i, 50))
    const seen: StoredRecord[] = []
    const first = await consume(log, { maxRecords: 40 })
    await step([first], seen)
    const second = await consume(await open(), { maxRecords: 40 })
    for (let i = 0; i < 4; i++) await step([first, second], seen)
    await first.close()
    const third = await consume(await open(), { maxRecords: 40 })
    await until(async () => {
      await step([second, third], seen)
      return seen.length >= appended
    })
    const places = seen.map((r) => `${r.partition}/${r.offset}`)
    expect(new Set(places).size).toBe(appended)
    expect(places).toHaveLength(appended)
  })

  test('a commit for a partition that moved away is refused as a whole', async () => {
    const { log, open } = get()
    const zombie = await consume(log)
    await until(async () => (await zombie.poll(10)).length === 0 && zombie.assignment().length === 12)
    const other = await consume(await open())
    await until(() => balanced([zombie, other], [6, 6]))
    const lost = other.assignment()[0]!
    const kept = zombie.assignment()[0]!
    const both = [
      { ...kept, offset: 5 },
      { ...lost, offset: 5 },
    ]
    await expect(zombie.commit(both)).rejects.toMatchObject({ code: 'REP_LOG_FENCED' })
    expect(await log.committed('group', topic)).toEqual([])
    await zombie.commit([{ ...kept, offset: 5 }])
    expect(await log.committed('group', topic)).toEqual([{ ...kept, offset: 5 }])
  })

  test('groups do not disturb each other', async () => {
    const { log } = get()
    await log.append(topic, numbered(0, 100))
    const one = await consume(log, { group: 'one' })
    const two = await consume(log, { group: 'two' })
    expect(await drain([one], 100)).toHaveLength(100)
    expect(await drain([two], 100)).toHaveLength(100)
  })
}

const bytes = new TextEncoder()

function record(key: string, value: string): LogRecord {
  return { key: bytes.encode(key), value: bytes.encode(value), dueUs: 0 }
}

/** Records with the numbers from `first` as values, over 37 keys. */
function numbered(first: number, count: number): LogRecord[] {
  return Array.from({ length: count }, (_, i) => record(`user-${(first + i) % 37}`, String(first + i)))
}

function onPartition(partition: number, first: number, count: number): LogRecord[] {
  return numbered(first, count).map((r) => ({ ...r, partition }))
}

function consume(log: EventLog, options: Partial<ConsumeOptions> = {}): Promise<Consumer> {
  return log.consume({ group: 'group', topics: [topic as TopicName], maxRecords: 500, ...options })
}

const texts = (records: readonly StoredRecord[]): string[] =>
  records.map((r) => Buffer.from(r.value).toString('utf8'))

async function readAll(log: EventLog): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  for (const { partition, earliest } of await log.offsets(topic)) {
    all.push(...(await log.read({ topic, partition, offset: earliest }, 100_000)))
  }
  return all
}

function byPartition(records: readonly StoredRecord[]): Map<number, StoredRecord[]> {
  return Map.groupBy(records, (r) => r.partition)
}

function byKey(records: readonly StoredRecord[]): Map<string, number[]> {
  const keys = new Map<string, number[]>()
  for (const r of records) {
    const key = Buffer.from(r.key).toString('utf8')
    keys.set(key, [...(keys.get(key) ?? []), Number(texts([r])[0])])
  }
  return keys
}

/** A record whose bytes outlive the next poll. */
function kept(r: StoredRecord): StoredRecord {
  return { ...r, key: r.key.slice(), value: r.value.slice() }
}

async function nonEmpty(consumer: Consumer): Promise<readonly StoredRecord[]> {
  let records: readonly StoredRecord[] = []
  await until(async () => {
    records = await consumer.poll(1000)
    return records.length > 0
  })
  return records
}

/** Polls the members in turn until they have given `count` records. */
async function drain(members: readonly Consumer[], count: number): Promise<StoredRecord[]> {
  const seen: StoredRecord[] = []
  await until(async () => {
    for (const member of members) seen.push(...(await member.poll(20)).map(kept))
    return seen.length >= count
  })
  return seen
}

/** Each member polls once and commits what it got. */
async function step(members: readonly Consumer[], seen: StoredRecord[]): Promise<void> {
  for (const member of members) {
    const records = await member.poll(5)
    const next = new Map(records.map((r) => [r.partition, r.offset + 1]))
    await member.commit([...next].map(([partition, offset]) => ({ topic, partition, offset })))
    seen.push(...records.map(kept))
  }
}

async function balanced(members: readonly Consumer[], counts: readonly number[]): Promise<boolean> {
  for (const member of members) await member.poll(1)
  return members.every((member, i) => member.assignment().length === counts[i])
}

async function until(condition: () => boolean | Promise<boolean>, limitMs = 50_000): Promise<void> {
  const deadlineMs = Date.now() + limitMs
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error(`The condition was not met in ${limitMs} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
