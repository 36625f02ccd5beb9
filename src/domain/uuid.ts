const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** Value of each ASCII hex digit; 255 for any other byte. */
const DIGIT = new Uint8Array(256).fill(255)
for (const [i, digit] of [...'0123456789abcdef'].entries()) {
  DIGIT[digit.charCodeAt(0)] = i
  DIGIT[digit.toUpperCase().charCodeAt(0)] = i
}

/** True for the 36 characters `8-4-4-4-12` of a UUID (RFC 9562) of any version, in either case. */
export function isUuid(text: string): boolean {
  if (text.length !== 36) return false
  for (let i = 0; i < 36; i++) {
    const code = text.charCodeAt(i)
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== 45) return false
    } else if (code > 127 || DIGIT[code] === 255) return false
  }
  return true
}

/** Writes a UUID's 16 bytes; the text must be one. */
export function writeUuid(text: string, target: Uint8Array, position: number): void {
  let at = position
  for (let i = 0; i < 36; i += 2) {
    if (text.charCodeAt(i) === 45) i++
    target[at++] = (DIGIT[text.charCodeAt(i)]! << 4) | DIGIT[text.charCodeAt(i + 1)]!
  }
}

/** Writes the bytes of the UUID whose 36 ASCII characters lie there; false where they are none. */
export function parseUuid(source: Uint8Array, position: number, target: Uint8Array): boolean {
  let from = position
  for (let at = 0; at < 16; at++) {
    if ((at === 4 || at === 6 || at === 8 || at === 10) && source[from++] !== 45) return false
    const high = DIGIT[source[from++]!]!
    const low = DIGIT[source[from++]!]!
    if ((high | low) > 15) return false
    target[at] = (high << 4) | low
  }
  return true
}

/** The lower-case text of 16 bytes. */
export function readUuid(source: Uint8Array, position: number): string {
  let text = ''
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += HEX[source[position + i]!]
  }
  return text
}
