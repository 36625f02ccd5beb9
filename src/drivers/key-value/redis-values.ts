import { RepError } from '../../errors/rep-error.ts'
import type { RankedMember } from '../../ports/key-value.ts'

/** Bytes 0 to 7 of a value of this version; empty for none. */
export function versionBytes(version: number | null): Buffer {
  if (version === null) return NOTHING
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeUInt32LE(version % 2 ** 32, 0)
  bytes.writeUInt32LE(Math.floor(version / 2 ** 32), 4)
  return bytes
}

/** Redis takes whole milliseconds, 1 at least; 0 stands for none. */
export function ttl(ttlMs: number | undefined): string {
  if (ttlMs === undefined) return '0'
  if (ttlMs > 0) return String(Math.ceil(ttlMs))
  throw new RepError('REP_USAGE', `A time to live of ${ttlMs} ms is not above 0.`)
}

export function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Redis answers an absent key with a hash that has no fields. */
export function hashOrNull(fields: Record<string, string>): Record<string, string> | null {
  return Object.keys(fields).length === 0 ? null : fields
}

/** Redis answers a ranking as member, score, member, score. */
export function rankedMembers(reply: readonly string[]): RankedMember[] {
  return Array.from({ length: reply.length / 2 }, (_, i) => ({
    member: reply[2 * i]!,
    score: Number(reply[2 * i + 1]),
  }))
}

/** The server's version in its answer to INFO. */
export function versionIn(information: string): string {
  return /^redis_version:(\S+)/m.exec(information)?.[1] ?? 'unknown'
}

const NOTHING = Buffer.alloc(0)
