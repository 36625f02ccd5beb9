import { crc32c, Reader, readRecordsBatches } from '@platformatic/kafka'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DUE_HEADER, encodeDue } from '../../../../src/drivers/event-log/kafka-headers.ts'
import { encodeBatch } from '../../../../src/drivers/event-log/platformatic-record-batch.ts'
import type { LogRecord } from '../../../../src/ports/event-log.ts'

const OPTIONS = {
  producerId: 2n ** 40n + 7n,
  producerEpoch: 3,
  baseSequence: 2 ** 31 - 1,
  timestampMs: 1_790_000_000_123,
  compression: 'none',
} as const

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' })
const records: fc.Arbitrary<LogRecord[]> = fc.array(
  fc.record({
    key: bytes(300),
    value: bytes(20_000),
    dueUs: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 1e15, noNaN: true })),
    headers: fc.dictionary(fc.string({ maxLength: 100 }), bytes(200), { maxKeys: 3, noNullPrototype: true }),
  }),
  { minLength: 1, maxLength: 80 },
)

function expectedHeaders({ dueUs, headers = {} }: LogRecord): [string, Buffer][] {
  const due: [string, Buffer][] = dueUs === 0 ? [] : [[DUE_HEADER, encodeDue(dueUs)]]
  return [...due, ...Object.entries(headers).map(([n, v]): [string, Buffer] => [n, Buffer.from(v)])]
}

test('the client’s decoder reads every batch as it was, whatever the compression', () => {
  const compression = fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd')
  fc.assert(
    fc.property(records, compression, (given, algorithm) => {
      const encoded = encodeBatch(given, { ...OPTIONS, compression: algorithm })
      const [batch, ...more] = readRecordsBatches(Reader.from(encoded))
      expect(more).toEqual([])
      expect(batch).toMatchObject({
        firstOffset: 0n,
        length: encoded.length - 12,
        magic: 2,
        crc: crc32c(encoded.subarray(21)) >>> 0,
        lastOffsetDelta: given.length - 1,
        firstTimestamp: BigInt(OPTIONS.timestampMs),
        maxTimestamp: BigInt(OPTIONS.timestampMs),
        producerId: OPTIONS.producerId,
        producerEpoch: 3,
        firstSequence: OPTIONS.baseSequence,
      })
      expect(batch!.records).toHaveLength(given.length)
      batch!.records.forEach((record, i) => {
        expect(record.offsetDelta).toBe(i)
        expect(Buffer.compare(record.key!, given[i]!.key)).toBe(0)
        expect(Buffer.compare(record.value!, given[i]!.value)).toBe(0)
        expect(record.headers.map(([name, value]) => [name!.toString(), Buffer.from(value!)])).toEqual(
          expectedHeaders(given[i]!),
        )
      })
    }),
    { numRuns: 60 },
  )
})
