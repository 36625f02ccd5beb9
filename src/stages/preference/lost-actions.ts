import type { UserActionCore } from '../../domain/codec.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import type { EventLog, StoredRecord } from '../../ports/event-log.ts'
import { TraceWindow } from '../trace-window.ts'
import type { AppliedMarks, Loss } from './applied-marks.ts'
import type { BackupProgress } from './backup-progress.ts'
import { UserBatch } from './user-batch.ts'

/** Records that are read and applied at a time. */
const CHUNK = 2000

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
  readonly from: number | null
  readonly to: number
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
      this.#stretches.set(partition, { from, to: Math.max(to, known?.to ?? 0) })
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

  /** Applies all that is noted. After an error it goes on where it was, the next time. */
  async recover(): Promise<void> {
    if (this.#stretches.size === 0) return
    let again = 0
    for (let next = this.#first(); next !== null; next = this.#first()) again += await this.#recover(next)
    this.#options.say(`preferences are restored: ${again} actions were applied again`)
  }

  #first(): number | null {
    const first = this.#stretches.keys().next()
    return first.done ? null : first.value
  }

  async #recover(partition: number): Promise<number> {
    const { log, marks, progress, read, dedupeWindow } = this.#options
    const { from, to } = this.#stretches.get(partition)!
    const begin = from ?? (await progress.load([partition]))[0]!
    const { earliest } = (await log.offsets(USER_ACTION))[partition]!
    const start = Math.max(begin, earliest)
    if (begin < Math.min(earliest, to)) this.#sayTooOld(partition, begin, Math.min(earliest, to))
    marks.fallBack({ partition, from })
    const window = new TraceWindow(dedupeWindow)
    const position = { topic: USER_ACTION, partition, offset: start }
    if (start < to) await window.refill(log, [position], (record) => read(record)?.traceId ?? null)
    const again = start < to ? await this.#applyFrom(position, to, window) : 0
    if (again === null || !(await this.#markEnd(partition, to))) return 0
    this.#stretches.delete(partition)
    return again
  }

  /** Stores the mark of the whole stretch, also where the backup, or the log, leaves nothing to be applied. */
  async #markEnd(partition: number, to: number): Promise<boolean> {
    const end = new UserBatch([])
    end.advance(partition, to - 1)
    const losses = await this.#options.apply(end)
    this.note(losses)
    return losses.length === 0
  }

  /** How many actions were applied; null where the store lost some again meanwhile. */
  async #applyFrom(
    position: { readonly topic: string; readonly partition: number; readonly offset: number },
    to: number,
    window: TraceWindow,
  ): Promise<number | null> {
    const { log, apply } = this.#options
    const { partition } = position
    let again = 0
    for (let offset = position.offset; offset < to; ) {
      const records = (await log.read({ ...position, offset }, CHUNK)).filter((record) => record.offset < to)
      const last = records.at(-1)
      if (last === undefined) break
      const batch = this.#batchOf(records, window)
      const losses = await apply(batch)
      if (losses.length > 0) {
        this.note(losses)
        return null
      }
      again += records.length
      offset = last.offset + 1
      this.#stretches.set(partition, { from: offset, to })
    }
    return again
  }

  #batchOf(records: readonly StoredRecord[], window: TraceWindow): UserBatch {
    const { read, weightOf } = this.#options
    const batch = new UserBatch(records)
    for (const record of records) {
      const action = read(record)
      batch.advance(record.partition, record.offset)
      if (action !== null && window.add(record.partition, action.traceId))
        batch.add(action, record, weightOf(action))
    }
    return batch
  }

  #sayTooOld(partition: number, from: number, to: number): void {
    this.#options.say(
      `${USER_ACTION} partition ${partition} no longer has offsets ${from} to ${to - 1}: preferences lack those of them that were not backed up`,
    )
  }
}
