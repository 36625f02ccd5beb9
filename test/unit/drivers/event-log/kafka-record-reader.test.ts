import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRecordBatches } from '../../../../src/drivers/event-log/kafka-record-reader.ts'
import { encodeBatch } from '../../../../src/drivers/event-log/platformatic-record-batch.ts'
import type { LogRecord } from '../../../../src/ports/event-log.ts'

const OPTIONS = { producerId: 7n, producerEpoch: 0, baseSequence: 0, timestampMs: 1_790_000_000_123 }
const CONTROL = 1 << 5

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' }).map((it) => Buffer.from(it))
const records: fc.Arbitrary<LogRecord[]> = fc.array(
  fc.record({
    key: bytes(300),
    value: bytes(20_000),
    dueUs: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 1e15, noNaN: true })),
    headers: fc.dictionary(
      fc.string({ maxLength: 100 }).filter((name) => !name.startsWith('rep-')),
      bytes(200),
      { minKeys: 1, maxKeys: 3, noNullPrototype: true },
    ),
  }),
  { minLength: 1, maxLength: 40 },
)
const compression = fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd')

/** What a broker keeps of an append: it numbers the batch's first record. */
function stored(
  given: readonly LogRecord[],
  baseOffset: number,
  algorithm: 'none' | 'zstd' = 'none',
): Buffer {
  const batch = encodeBatch(given, { ...OPTIONS, compression: algorithm })
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  return batch
}

const FROM = { topic: 'actions', partition: 3, offset: 0 }
const PLAIN = [1, 2, 3].map((n) => ({ key: Buffer.from([n]), value: Buffer.from([n, n]), dueUs: n }))

test('every record of every batch is as it was appended, whatever the compression', () => {
  const batches = fc.array(fc.tuple(records, compression), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(batches, fc.nat(2 ** 45), (given, firstOffset) => {
      let offset = firstOffset
      const parts: Buffer[] = []
      const expected: unknown[] = []
      for (const [appended, algorithm] of given) {
        parts.push(stored(appended, offset, algorithm as 'none'))
        for (const record of appended)
          expected.push({
            ...record,
            topic: 'actions',
            partition: 3,
            offset: offset++,
            timestampMs: OPTIONS.timestampMs,
          })
      }
      const read = readRecordBatches(Buffer.concat(parts), { ...FROM, offset: firstOffset })
      expect(read).toEqual({ records: expected, nextOffset: offset })
    }),
    { numRuns: 60 },
  )
})

test('records before the wanted offset are passed over', () => {
  const { records: read, nextOffset } = readRecordBatches(stored(PLAIN, 10), { ...FROM, offset: 12 })
  expect(read.map(({ offset, dueUs }) => [offset, dueUs])).toEqual([[12, 3]])
  expect(nextOffset).toBe(13)
})

test('a batch that is cut off is left for the next fetch, wherever it is cut', () => {
  const first = stored(PLAIN, 0)
  const both = Buffer.concat([first, stored(PLAIN, 3)])
  for (let length = first.length; length < both.length; length++) {
    const { records: read, nextOffset } = readRecordBatches(both.subarray(0, length), FROM)
    expect([read.length, nextOffset]).toEqual([3, 3])
  }
})

test('marks of transactions are no records, and are not read again', () => {
  const marks = stored(PLAIN, 0)
  marks.writeInt16BE(CONTROL, 21)
  expect(readRecordBatches(marks, FROM)).toEqual({ records: [], nextOffset: 3 })
})

test('a format or a compression that rep does not know is an error, not nothing', () => {
  const old = stored(PLAIN, 0)
  old[16] = 1
  expect(() => readRecordBatches(old, FROM)).toThrow('the format 1')
  const odd = stored(PLAIN, 0)
  odd.writeInt16BE(7, 21)
  expect(() => readRecordBatches(odd, FROM)).toThrow('compression 7')
})
