import type { UserActionCore } from '../../domain/codec.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import type { EventLog, StoredRecord } from '../../ports/event-log.ts'
import { TraceWindow } from '../trace-window.ts'
import type { AppliedMarks, Loss } from './applied-marks.ts'
import type { BackupProgress } from './backup-progress.ts'
import { UserBatch } from './user-batch.ts'

/** Records of a partition that are read and applied at a time. */
const CHUNK = 1000

export interface LostActionsOptions {
  readonly log: EventLog
  readonly marks: AppliedMarks
  readonly progress: BackupProgress
  /** Trace ids by which events that were appended twice are told. */
  readonly dedupeWindow: number
  readonly read: (record: StoredRecord) => UserActionCore | null
  readonly weightOf: (action: UserActionCore) => number
  /** Applies a batch; returns what turned out to be lost meanwhile, then nothing of it need be applied. */
  readonly apply: (batch: UserBatch) => Promise<readonly Loss[]>
  readonly say: (line: string) => void
}

/** What is still to be applied again of one partition. */
interface Stretch {
  /** Null: from where the backup ends. */
  from: number | null
  readonly to: number
  /** Trace ids before `from`, and of what was read since; null where they are yet to be read. */
  window: TraceWindow | null
}

/**
 * Applies again what the key-value store has lost: the actions between the mark that it still has, or else the end
 * of the backup, and where it was. Whatever of them the store or the backup holds already changes nothing.
 */
export class LostActions {
  readonly #options: LostActionsOptions
  readonly #stretches = new Map<number, Stretch>()

  constructor(options: LostActionsOptions) {
    this.#options = options
  }

  note(losses: readonly Loss[]): void {
    const { marks, say } = this.#options
    const before = this.#stretches.size
    for (const { partition, from, to } of losses) {
      const known = this.#stretches.get(partition)
      this.#stretches.set(partition, { from, to: Math.max(to, known?.to ?? 0), window: null })
      marks.fallBack({ partition, from })
    }
    if (before === 0 && losses.length > 0)
      say(
        `the key-value store has lost preferences of ${losses.length} partitions: restoring them from the backup and the log`,
      )
  }

  /** Forgets the partitions that are another's now. */
  keepOnly(owned: ReadonlySet<number>): void {
    for (const partition of this.#stretches.keys())
      if (!owned.has(partition)) this.#stretches.delete(partition)
  }

  /** Applies all that is noted, all partitions side by side. After an error it goes on where it was, the next time. */
  async recover(): Promise<void> {
    if (this.#stretches.size === 0) return
    let again = 0
    try {
      while (this.#stretches.size > 0) {
        await this.#begin()
        again += await this.#applyNext()
      }
    } finally {
      // What was read, and then not stored, is read again.
      for (const stretch of this.#stretches.values()) stretch.window = null
    }
    this.#options.say(`preferences are restored: ${again} actions were applied again`)
  }

  /** Finds out where to begin, and which trace ids came before. */
  async #begin(): Promise<void> {
    const { log, progress, read, dedupeWindow } = this.#options
    const fresh = [...this.#stretches].filter(([, { window }]) => window === null)
    if (fresh.length === 0) return
    const ends = await progress.load(fresh.map(([partition]) => partition))
    const offsets = await log.offsets(USER_ACTION)
    for (const [i, [partition, stretch]] of fresh.entries()) {
      const { from, to } = stretch
      const earliest = offsets[partition]!.earliest
      const begin = from ?? ends[i]!
      if (begin < Math.min(earliest, to)) this.#sayTooOld(partition, begin, Math.min(earliest, to))
      const offset = Math.max(begin, earliest)
      const window = new TraceWindow(dedupeWindow)
      const position = { topic: USER_ACTION, partition, offset }
      if (offset < to) await window.refill(log, [position], (record) => read(record)?.traceId ?? null)
      stretch.from = offset
      stretch.window = window
    }
  }

  /** Applies the next records of every partition; returns how many. */
  async #applyNext(): Promise<number> {
    const batch = new UserBatch([])
    const reached = new Map<number, number>()
    let count = 0
    for (const [partition, { from, to, window }] of this.#stretches) {
      const records = from! < to ? await this.#read(partition, from!, to) : []
      for (const record of records) this.#take(record, batch, window!)
      count += records.length
      // At the end the mark goes to the end, also where the backup, or the log, left nothing to be applied.
      const last = records.at(-1)
      const next = last === undefined ? to : last.offset + 1
      batch.advance(partition, next - 1)
      reached.set(partition, next)
    }
    const losses = await this.#options.apply(batch)
    if (losses.length > 0) {
      for (const stretch of this.#stretches.values()) stretch.window = null
      this.note(losses)
      return 0
    }
    for (const [partition, next] of reached) {
      const stretch = this.#stretches.get(partition)!
      stretch.from = next
      if (next >= stretch.to) this.#stretches.delete(partition)
    }
    return count
  }

  async #read(partition: number, offset: number, to: number): Promise<readonly StoredRecord[]> {
    const records = await this.#options.log.read({ topic: USER_ACTION, partition, offset }, CHUNK)
    return records.filter((record) => record.offset < to)
  }

  #take(record: StoredRecord, batch: UserBatch, window: TraceWindow): void {
    const { read, weightOf } = this.#options
    const action = read(record)
    if (action !== null && window.add(record.partition, action.traceId))
      batch.add(action, record, weightOf(action))
  }

  #sayTooOld(partition: number, from: number, to: number): void {
    this.#options.say(
      `${USER_ACTION} partition ${partition} no longer has offsets ${from} to ${to - 1}: preferences lack those of them that were not backed up`,
    )
  }
}
