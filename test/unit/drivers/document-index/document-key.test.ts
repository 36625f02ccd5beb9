import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  MAX_KEY_BYTES,
  readDocumentKey,
  writeDocumentKey,
} from '../../../../src/drivers/document-index/document-key.ts'

function keyOf(id: string): Buffer {
  const target = Buffer.alloc(MAX_KEY_BYTES + 3)
  return target.subarray(3, writeDocumentKey(id, target, 3))
}

test('every id can be read back from its key', () => {
  const ids = fc.oneof(
    fc.uuid(),
    fc.uuid().map((id) => id.toUpperCase()),
    fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
    fc.string({ minLength: 36, maxLength: 36 }),
  )
  fc.assert(fc.property(ids, (id) => readDocumentKey(keyOf(id), 0) === id))
})

test('keys of UUIDs are 17 bytes and keep their order', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (a, b) => {
      expect(keyOf(a)).toHaveLength(17)
      expect(Math.sign(Buffer.compare(keyOf(a), keyOf(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})

test('empty and overlong ids have no key', () => {
  const target = Buffer.alloc(MAX_KEY_BYTES)
  expect(writeDocumentKey('', target, 0)).toBe(-1)
  expect(writeDocumentKey('é'.repeat(600), target, 0)).toBe(-1)
  expect(writeDocumentKey('é'.repeat(512), target, 0)).toBe(MAX_KEY_BYTES)
})
