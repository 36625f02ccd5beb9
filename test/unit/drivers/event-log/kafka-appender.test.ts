import { expect, test } from 'vitest'
import { KafkaAppender, type SendOutcome } from '../../../../src/drivers/event-log/kafka-appender.ts'
import type { PlacedBatch } from '../../../../src/drivers/event-log/kafka-client.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'

const topic = 'user.action.v1'

function batch(partitions: readonly number[], valueBytes = 1): PlacedBatch {
  const record = { key: new Uint8Array(1), value: new Uint8Array(valueBytes), dueUs: 0 }
  return { topic, records: partitions.map(() => record), partitions: Int32Array.from(partitions) }
}

/** A log of its own that counts offsets, holds each send back until it is let go, and notes what came together. */
class Sends {
  readonly together: number[] = []
  readonly #next = new Map<number, number>()
  #release: (() => void)[] = []
  underWay = 0

  readonly send = async (batches: readonly PlacedBatch[]): Promise<SendOutcome> => {
    expect(++this.underWay).toBe(1)
    this.together.push(batches.length)
    await new Promise<void>((resolve) => this.#release.push(resolve))
    this.underWay--
    const bases = new Map(this.#next)
    for (const { partitions } of batches) {
      for (const partition of partitions) this.#next.set(partition, (this.#next.get(partition) ?? 0) + 1)
    }
    return (_, partition) => ({ baseOffset: bases.get(partition) ?? 0 })
  }

  async letGo(): Promise<void> {
    while (this.#release.length === 0) await new Promise(setImmediate)
    this.#release.shift()!()
  }
}

test('what is appended while a send is under way goes together with the next one, each with its own offsets', async () => {
  const sends = new Sends()
  const appender = new KafkaAppender(sends.send, 0)
  const first = appender.append(batch([0, 1, 0]))
  await new Promise(setImmediate)
  const others = [appender.append(batch([0, 2])), appender.append(batch([2, 0]))]
  await sends.letGo()
  expect([...(await first).offsets]).toEqual([0, 0, 1])
  await sends.letGo()
  const [second, third] = await Promise.all(others)
  expect([...second!.offsets]).toEqual([2, 0])
  expect([...third!.offsets]).toEqual([1, 3])
  expect(sends.together).toEqual([1, 2])
})

test('batches that are large are sent one by one', async () => {
  const sends = new Sends()
  const appender = new KafkaAppender(sends.send, 0)
  const appended = [1, 2, 3].map(() => appender.append(batch([0], 700_000)))
  for (let i = 0; i < 3; i++) await sends.letGo()
  expect((await Promise.all(appended)).map(({ offsets }) => offsets[0])).toEqual([0, 1, 2])
  expect(sends.together).toEqual([1, 1, 1])
})

test('tells which records failed, and keeps the offsets of the others', async () => {
  const error = new RepError('REP_LOG_UNAVAILABLE', 'no')
  const appender = new KafkaAppender(
    async () => (_, partition) => {
      return partition === 1 ? { error, indeterminate: true } : { baseOffset: 7 }
    },
    0,
  )
  const { offsets, failures } = await appender.append(batch([0, 1, 0, 1]))
  expect([...offsets]).toEqual([7, -1, 8, -1])
  expect(failures).toEqual([
    { position: 1, error, indeterminate: true },
    { position: 3, error, indeterminate: true },
  ])
})

test('what waits and is aborted is never sent; the rest goes on', async () => {
  const sends = new Sends()
  const appender = new KafkaAppender(sends.send, 0)
  const first = appender.append(batch([0]))
  await new Promise(setImmediate)
  const stop = new AbortController()
  const aborted = appender.append(batch([0]), stop.signal)
  const kept = appender.append(batch([0]))
  const reason = new Error('stop')
  stop.abort(reason)
  await sends.letGo()
  await expect(aborted).rejects.toBe(reason)
  await sends.letGo()
  expect([...(await first).offsets, ...(await kept).offsets]).toEqual([0, 1])
})

test('a send that rejects rejects its appends, and the next ones are sent', async () => {
  let tries = 0
  const appender = new KafkaAppender(async () => {
    if (tries++ === 0) throw new RepError('REP_LOG_UNAVAILABLE', 'no broker')
    return () => ({ baseOffset: 0 })
  }, 0)
  await expect(appender.append(batch([0]))).rejects.toMatchObject({ code: 'REP_LOG_UNAVAILABLE' })
  expect([...(await appender.append(batch([0]))).offsets]).toEqual([0])
})

test('appends wait for others to go with them, but not with much waiting', async () => {
  const sends = new Sends()
  const patient = new KafkaAppender(sends.send, 600_000)
  const appended = [patient.append(batch([0])), patient.append(batch([0], 1000))]
  for (let i = 0; i < 10; i++) await new Promise(setImmediate)
  expect(sends.together).toEqual([])
  appended.push(patient.append(batch([0], 70_000)))
  await sends.letGo()
  expect((await Promise.all(appended)).map(({ offsets }) => offsets[0])).toEqual([0, 1, 2])
  expect(sends.together).toEqual([3])
})
