import { MAX_KEY_BYTES } from './document-key.ts'

/** Longer values share their look-up with what begins alike; a search compares whole values anyway. */
const MAX_VALUE_BYTES = 256
const TIME_BYTES = 6
const MAX_TIME = 2 ** 48 - 1

/** Most bytes of a look-up's key. */
export const MAX_LOOKUP_BYTES = 1 + MAX_VALUE_BYTES + 1 + TIME_BYTES + MAX_KEY_BYTES

/** True for times that a look-up can order by: 0 to 2^48 - 1 milliseconds. */
export function isIndexableTime(time: unknown): time is number {
  return typeof time === 'number' && time >= 0 && time <= MAX_TIME
}

/** A field's value as look-ups keep it, or null where it is nothing that can be looked up. */
export function lookupValue(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

/**
 * Writes the part of a look-up's key that comes before its time: number of the field, value, 0xff (no byte
 * of UTF-8, so that no value is the beginning of another's entries). Returns where it ends.
 */
export function writeLookupPrefix(field: number, value: string, target: Buffer, start: number): number {
  target[start] = field
  let end = start + 1 + target.write(value, start + 1, MAX_VALUE_BYTES, 'utf8')
  target[end++] = 0xff
  return end
}

/** Writes a time so that later ones come first, and returns where it ends. */
export function writeTime(timeMs: number, target: Buffer, start: number): number {
  return target.writeUIntBE(MAX_TIME - Math.floor(timeMs), start, TIME_BYTES)
}

/** Where the document's key begins in a look-up's key, given the length of its prefix. */
export function documentKeyStart(prefixBytes: number): number {
  return prefixBytes + TIME_BYTES
}
