import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeDue,
  encodeDue,
  namedHeaders,
  textHeader,
} from '../../../../src/drivers/event-log/kafka-headers.ts'

test('a due time is read back as it was, from bytes and from hex digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), (dueUs) => {
      const bytes = encodeDue(dueUs)
      expect(decodeDue(bytes)).toBe(dueUs)
      expect(decodeDue(Buffer.from(bytes.toString('hex')))).toBe(dueUs)
    }),
  )
})

test('what another program wrote under the name is no due time', () => {
  expect(decodeDue(null)).toBe(0)
  expect(decodeDue(Buffer.from('12'))).toBe(0)
  expect(decodeDue(Buffer.from('not sixteen hex!'))).toBe(0)
})

test('any header comes back from a client that writes text', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.uint8Array(), (name, value) => {
      fc.pre(!name.startsWith('rep-hex:'))
      const { name: written, text } = textHeader(name, value)
      expect(text).not.toContain('\0')
      const [[back, bytes]] = Object.entries(namedHeaders([[written, Buffer.from(text)]])) as [
        [string, Buffer],
      ]
      expect(back).toBe(name)
      expect(Buffer.compare(bytes, value)).toBe(0)
    }),
  )
})
