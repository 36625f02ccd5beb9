const UUID_LENGTH = 36
const IS_UUID = 1
const IS_TEXT = 2

/** Longest id in UTF-8 bytes that fits into a look-up's key. */
export const MAX_ID_BYTES = 1024
/** Most bytes of a document's key. */
export const MAX_KEY_BYTES = 1 + MAX_ID_BYTES

/** Value of each hexadecimal digit by its character code; 255 for anything else. Upper case is left out, so that keys keep ids exactly. */
const DIGITS = new Uint8Array(128).fill(255)
for (let i = 0; i < 16; i++) DIGITS[i.toString(16).charCodeAt(0)] = i
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/**
 * Writes a document's key and returns where it ends, or -1 when the id is empty or too long. Ids that look
 * like a lower-case UUID take 17 bytes and keep their order, so ids made in the order of time are appended.
 */
export function writeDocumentKey(id: string, target: Buffer, start: number): number {
  if (id.length === UUID_LENGTH && writeUuid(id, target, start + 1)) {
    target[start] = IS_UUID
    return start + 17
  }
  if (id.length === 0 || id.length > MAX_ID_BYTES || Buffer.byteLength(id) > MAX_ID_BYTES) return -1
  target[start] = IS_TEXT
  return start + 1 + target.write(id, start + 1, 'utf8')
}

/** The id that a key of `writeDocumentKey` was made of. */
export function readDocumentKey(key: Buffer, start: number): string {
  if (key[start] === IS_TEXT) return key.toString('utf8', start + 1)
  let id = ''
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) id += '-'
    id += HEX[key[start + 1 + i]!]!
  }
  return id
}

function writeUuid(id: string, target: Buffer, start: number): boolean {
  let at = start
  for (let i = 0; i < UUID_LENGTH; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (id.charCodeAt(i) !== 45) return false
      i++
    }
    // A code above 127 reads undefined, which is 0 to the bit operations; its own bits keep it above 15.
    const high = DIGITS[id.charCodeAt(i)] ?? 255
    const low = DIGITS[id.charCodeAt(i + 1)] ?? 255
    if ((high | low) > 15) return false
    target[at++] = (high << 4) | low
  }
  return true
}
