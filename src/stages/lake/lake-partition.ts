import type { ActionSpans } from '../../domain/lake/action-spans.ts'
import { fileKey, type LakeRange } from '../../domain/lake/lake-layout.ts'
import type { StoredRecord } from '../../ports/event-log.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { StageCounters } from '../stage.ts'
import { encodeRoll, type RollFile } from './encode-roll.ts'
import { HeldRecords } from './held-records.ts'
import { isInLake } from './lake-files.ts'
import { agreeOnRoll, lastRoll, MOST_OFFSETS } from './rolls.ts'

export interface LakePartitionOptions {
  readonly store: ObjectStore
  readonly partition: number
  readonly spans: ActionSpans
  readonly counters: StageCounters
}

export interface RollLimits {
  readonly rollRows: number
  readonly rollBytes: number
  readonly rollAgeMs: number
}

/**
 * What is held of one partition, and its way into the lake. Where a roll ends is agreed on before its first file is
 * stored, and its files follow from the log; so whoever writes it, and however often, writes the same files.
 */
export class LakePartition {
  /** Everything before this offset is in the lake, whole. */
  stored: number
  /** What the group has committed. */
  committed: number
  readonly #options: LakePartitionOptions
  readonly #held = new HeldRecords()
  /** Where the roll under way ends, once that is agreed on. */
  #end: number | null
  #oldestMs = 0
  /** Files of the roll under way that an attempt before this one stored, with their rows. */
  readonly #written = new Set<string>()

  private constructor(
    options: LakePartitionOptions,
    place: { position: number; from: number; end: number | null },
  ) {
    this.#options = options
    this.committed = place.position
    this.stored = place.from
    this.#end = place.end
  }

  /**
   * Takes over a partition at the group's committed offset. The last roll that was agreed on may lack files, so it is
   * made again; all before it is whole.
   */
  static async open(options: LakePartitionOptions, position: number): Promise<LakePartition> {
    const last = await lastRoll(options.store, options.partition, position)
    const isOver = last === null || last.to <= position
    const place = isOver ? { from: position, end: null } : { from: last.from, end: last.to }
    return new LakePartition(options, { position, ...place })
  }

  get held(): number {
    return this.#held.count
  }

  take(record: StoredRecord): void {
    if (record.offset < this.stored) {
      this.#options.counters.duplicates++
      return
    }
    if (this.#held.count === 0) this.#oldestMs = performance.now()
    this.#held.add(record)
  }

  isDue({ rollRows, rollBytes, rollAgeMs }: RollLimits): boolean {
    const { count, bytes } = this.#held
    if (count === 0) return false
    // What was agreed on waits for the rest of its records, and then for nothing.
    if (this.#end !== null) return this.#next >= this.#end
    if (count >= rollRows || bytes >= rollBytes || this.#next - this.stored >= MOST_OFFSETS) return true
    return performance.now() - this.#oldestMs >= rollAgeMs
  }

  /** Stores what is held, or as much of it as belongs to the roll that was agreed on; again after a failure. */
  async roll(): Promise<void> {
    if (this.#held.count === 0) return
    const { store, counters, partition, spans } = this.#options
    let isFirst = false
    if (this.#end === null) {
      const to = Math.min(this.#next, this.stored + MOST_OFFSETS)
      const agreed = await agreeOnRoll(store, { partition, from: this.stored, to })
      this.#end = agreed.to
      isFirst = agreed.first
    }
    // Somebody else saw more of the log already: the rest will come.
    if (this.#next < this.#end) return
    const range = { partition, from: this.stored, to: this.#end }
    const count = this.#held.countBefore(range.to)
    const { files, rejected } = encodeRoll(this.#held, { partition, count, spans })
    let known = 0
    let rows = 0
    for (const file of files) {
      const isStored = await this.#store(file, { range, isFirst })
      if (isStored) known += file.rows
      else rows += file.rows
    }
    counters.out += rows
    counters.duplicates += known
    counters.rejected += rejected
    this.#held.drop(count)
    this.stored = range.to
    this.#end = null
    this.#written.clear()
    this.#oldestMs = performance.now()
  }

  /** Where the records that are held end. */
  get #next(): number {
    const { count } = this.#held
    return count === 0 ? this.stored : this.#held.offset(count - 1) + 1
  }

  /** True where the rows were in the lake before, by another writer of this roll. */
  async #store(
    { hour, bytes }: RollFile,
    { range, isFirst }: { range: LakeRange; isFirst: boolean },
  ): Promise<boolean> {
    const { store } = this.#options
    const key = fileKey(hour, range)
    if (this.#written.has(key)) return false
    if (!isFirst && (await isInLake(store, hour, range))) return true
    await store.put(key, bytes)
    this.#written.add(key)
    return false
  }
}
