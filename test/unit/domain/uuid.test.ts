import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { isUuid, parseUuid, readUuid, writeUuid } from '../../../src/domain/uuid.ts'

test('16 bytes hold a UUID', () => {
  const bytes = new Uint8Array(20)
  for (let i = 0; i < 100; i++) {
    const id = randomUUID()
    writeUuid(id, bytes, 3)
    expect(readUuid(bytes, 3)).toBe(id)
    writeUuid(id.toUpperCase(), bytes, 3)
    expect(readUuid(bytes, 3)).toBe(id)
    const parsed = new Uint8Array(16)
    expect(parseUuid(Buffer.from(`..${id.toUpperCase()}`), 2, parsed)).toBe(true)
    expect(readUuid(parsed, 0)).toBe(id)
  }
})

test('tells a UUID from other texts', () => {
  const id = '0192f0c1-1234-7abc-8def-0123456789AB'
  expect(isUuid(id)).toBe(true)
  for (const text of [
    '',
    'x',
    id.slice(1),
    `${id}0`,
    id.replace('-', '0'),
    id.replace('c', 'g'),
    id.replace('c', 'ç'),
  ]) {
    expect(isUuid(text), text).toBe(false)
    // Its caller looks at the length.
    if (text.length === 36) expect(parseUuid(Buffer.from(text), 0, new Uint8Array(16)), text).toBe(false)
  }
})
