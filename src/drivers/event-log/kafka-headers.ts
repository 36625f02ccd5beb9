/**
 * Name of the header with the due time, µs on the host's monotonic clock: a float64, its 8 bytes little-endian, or
 * those as 16 hex digits where a client can write text only.
 */
export const DUE_HEADER = 'rep-due-us'

const DUE_BYTES = 8
/** Before the name of a header whose value a client could write as hex digits only. */
const HEX_PREFIX = 'rep-hex:'

/** Headers as they were appended, by name. */
export type Headers = Readonly<Record<string, Uint8Array>>

/** A view of the same bytes, as clients ask for buffers. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The due time as the header's bytes. */
export function encodeDue(dueUs: number): Buffer {
  const bytes = Buffer.allocUnsafe(DUE_BYTES)
  bytes.writeDoubleLE(dueUs)
  return bytes
}

/** The due time of a header; 0 where another program wrote something else. */
export function decodeDue(value: Uint8Array | null): number {
  if (value?.length === DUE_BYTES) return asBuffer(value).readDoubleLE(0)
  if (value?.length !== DUE_BYTES * 2) return 0
  const bytes = Buffer.from(asBuffer(value).toString('latin1'), 'hex')
  return bytes.length === DUE_BYTES ? bytes.readDoubleLE(0) : 0
}

/** A header for a client that writes text: as it is where its bytes are the UTF-8 of a text without NUL, else in hex. */
export function textHeader(name: string, value: Uint8Array): { name: string; text: string } {
  const bytes = asBuffer(value)
  const text = bytes.toString('utf8')
  if (!text.includes('\0') && Buffer.from(text).equals(bytes)) return { name, text }
  return { name: HEX_PREFIX + name, text: bytes.toString('hex') }
}

/** Headers of a record that was read; undoes `textHeader`. */
export function namedHeaders(entries: readonly (readonly [string, Uint8Array])[]): Headers {
  return Object.fromEntries(
    entries.map(([name, value]) =>
      name.startsWith(HEX_PREFIX)
        ? [name.slice(HEX_PREFIX.length), Buffer.from(asBuffer(value).toString('latin1'), 'hex')]
        : [name, value],
    ),
  )
}
