/** Name of the header with the due time: a float64, little-endian, µs on the host's monotonic clock. */
export const DUE_HEADER = 'rep-due-us'

/** Bytes of a due time. */
export const DUE_BYTES = 8

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
export function decodeDue(bytes: Uint8Array | null): number {
  return bytes?.length === DUE_BYTES ? asBuffer(bytes).readDoubleLE(0) : 0
}
