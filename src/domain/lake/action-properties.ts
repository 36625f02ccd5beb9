import { AvroCursor } from './avro-cursor.ts'

/**
 * A valid Avro map of texts as JSON with its keys in order, so that the same properties are always the same bytes; null
 * where there are none.
 */
export function propertiesText(map: Uint8Array): string | null {
  const properties: Record<string, string> = {}
  const cursor = new AvroCursor()
  cursor.bytes = map
  cursor.end = map.length
  const text = (): string => {
    const length = cursor.skipBytes()
    return Buffer.from(map.buffer, map.byteOffset + cursor.at - length, length).toString()
  }
  for (let count = cursor.blockSize(); count > 0; count = cursor.blockSize())
    while (count-- > 0) {
      const key = text()
      properties[key] = text()
    }
  const keys = Object.keys(properties)
  if (keys.length === 0) return null
  return JSON.stringify(Object.fromEntries(keys.sort().map((key) => [key, properties[key]])))
}
