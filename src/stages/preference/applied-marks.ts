import type { Position } from '../../ports/event-log.ts'
import type { VersionedEntry } from '../../ports/key-value.ts'

/** A stretch of a partition whose actions the key-value store no longer has. */
export interface Loss {
  readonly partition: number
  /** The next offset by the mark that is still stored; null where there is none. */
  readonly from: number | null
  /** The next offset by the mark that was stored before. */
  readonly to: number
}

/** Key of a partition's mark: 8 bytes, the next offset as an unsigned little-endian integer. */
export function markKey(partition: number): string {
  return `preference:applied:${partition}`
}

/**
 * Beside the preferences the key-value store keeps a mark for each partition: every action before this offset is
 * applied here, or in the backup. It is written after the preferences of a batch and before the batch's offsets
 * are committed, so a mark that is missing, or behind where it was, says that the store lost what it had: it came
 * back empty, or from an older copy of its data. What a mark means is in docs/decisions/0009-lost-key-value.md.
 */
export class AppliedMarks {
  /** What each mark must be at least. */
  readonly #known = new Map<number, number>()
  /** What it was when it was last read or written; null for none. */
  readonly #stored = new Map<number, number | null>()

  /** Partitions that are this stage's from now on, each with the offset that it begins at. */
  begin(assigned: readonly Position[]): void {
    for (const { partition, offset } of assigned) this.#known.set(partition, offset)
  }

  /** Forgets the partitions that are another's now. */
  keepOnly(owned: ReadonlySet<number>): void {
    for (const partition of [...this.#known.keys()]) if (!owned.has(partition)) this.#known.delete(partition)
  }

  get partitions(): readonly number[] {
    return [...this.#known.keys()]
  }

  /** Up to where every action is applied. */
  reached(partition: number): number {
    return this.#known.get(partition) ?? 0
  }

  /** Compares marks as they were read, by position, with what they must be. */
  losses(partitions: readonly number[], values: readonly (Uint8Array | null)[]): readonly Loss[] {
    const losses: Loss[] = []
    for (const [i, partition] of partitions.entries()) {
      const stored = offsetIn(values[i] ?? null)
      this.#stored.set(partition, stored)
      const known = this.reached(partition)
      if ((stored ?? 0) < known) losses.push({ partition, from: stored, to: known })
    }
    return losses
  }

  /** Takes a loss for known: its actions are applied again from here. */
  fallBack({ partition, from }: Pick<Loss, 'partition' | 'from'>): void {
    this.#known.set(partition, from ?? 0)
  }

  /** The marks to store with a batch that reaches these offsets, by partition: those that are behind. */
  entries(reach: ReadonlyMap<number, number>): readonly MarkEntry[] {
    const entries: MarkEntry[] = []
    for (const [partition, offset] of reach) {
      const expectedVersion = this.#stored.get(partition) ?? null
      if ((expectedVersion ?? 0) >= offset)
        this.#known.set(partition, Math.max(this.reached(partition), offset))
      else
        entries.push({ partition, offset, key: markKey(partition), value: bytesOf(offset), expectedVersion })
    }
    return entries
  }

  /** Takes over which marks were stored; true where all were. One that was not is looked at anew. */
  stored(entries: readonly MarkEntry[], results: readonly boolean[]): boolean {
    for (const [i, { partition, offset }] of entries.entries()) {
      this.#known.set(partition, Math.max(this.reached(partition), offset))
      if (results[i]) this.#stored.set(partition, offset)
    }
    return results.every((done) => done)
  }
}

/** A mark to store. */
export interface MarkEntry extends VersionedEntry {
  readonly partition: number
  readonly offset: number
}

function bytesOf(offset: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(BigInt(offset))
  return bytes
}

function offsetIn(bytes: Uint8Array | null): number | null {
  if (bytes === null) return null
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true))
}
