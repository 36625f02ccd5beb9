import { hash } from 'node:crypto'
import { readUuid } from './uuid.ts'

/** A name-based UUID (RFC 9562, version 5): the same name space and name give the same id, for ever. */
export function nameUuid(nameSpace: Buffer, name: string): string {
  const bytes = hash('sha1', Buffer.concat([nameSpace, Buffer.from(name)]), 'buffer')
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return readUuid(bytes, 0)
}
