import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BatchEncoder } from '../../../../src/drivers/event-log/batch-encoder.ts'
import {
  FRAME_HEADER_BYTES,
  frameBase,
  frameCount,
  frameTimestampMs,
  readRecord,
  skipRecord,
} from '../../../../src/drivers/event-log/record-frame.ts'
import type { LogRecord } from '../../../../src/ports/event-log.ts'

const PARTITIONS = 4
const encoder = new BatchEncoder()

const bytes = () => fc.uint8Array({ maxLength: 40 })
const headers = () =>
  fc.option(fc.dictionary(fc.string({ unit: 'binary' }), bytes(), { noNullPrototype: true }))
const record = (): fc.Arbitrary<LogRecord> =>
  fc
    .record({
      key: bytes(),
      value: bytes(),
      dueUs: fc.double({ noNaN: true }),
      partition: fc.nat(PARTITIONS - 1),
      headers: headers(),
    })
    .map(({ headers, ...plain }) => (headers === null ? plain : { ...plain, headers }))

const plain = (r: LogRecord) => ({
  key: [...r.key],
  value: [...r.value],
  dueUs: r.dueUs,
  headers: Object.entries(r.headers ?? {}).map(([name, value]) => [name, [...value]]),
})

test('frames hold every record of their partition in batch order, as it was', () => {
  fc.assert(
    fc.property(fc.array(record(), { maxLength: 20 }), (batch) => {
      const encoded = encoder.encode(batch, PARTITIONS)
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const expected = batch.filter((r) => r.partition === partition)
        expect(encoded.counts[partition]).toBe(expected.length)
        if (expected.length === 0) continue
        const frame = encoded.frame(partition, 2 ** 47, 1_700_000_000_123)
        expect([frameBase(frame), frameTimestampMs(frame), frameCount(frame)]).toEqual([
          2 ** 47,
          1_700_000_000_123,
          expected.length,
        ])
        let at = FRAME_HEADER_BYTES
        for (const [i, r] of expected.entries()) {
          const place = { topic: 't', partition, offset: i, timestampMs: 0 }
          expect(plain(readRecord(frame, at, place))).toEqual(plain(r))
          at = skipRecord(frame, at)
        }
        expect(at).toBe(frame.length)
      }
    }),
    { numRuns: 30 },
  )
})

test('refuses a partition that the topic does not have', () => {
  const batch = [{ key: Uint8Array.of(1), value: Uint8Array.of(1), dueUs: 0, partition: PARTITIONS }]
  expect(() => encoder.encode(batch, PARTITIONS)).toThrow(/partition 4 .* 0 to 3/)
})
