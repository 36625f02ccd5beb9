import type { PipelineSettings } from '../../config/scenario.ts'
import type { UserActionCore } from '../../domain/codec.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Position, StoredRecord } from '../../ports/event-log.ts'
import type { Stack } from '../../ports/stack.ts'
import type { AppliedMarks } from './applied-marks.ts'
import { BackupProgress } from './backup-progress.ts'
import { PreferenceBackup } from './preference-backup.ts'

/** Records that are read at a time. */
const CHUNK = 2000

export interface BackupKeeperOptions {
  readonly stack: Stack
  readonly settings: PipelineSettings['preference']
  readonly marks: AppliedMarks
  readonly read: (record: StoredRecord) => UserActionCore | null
  readonly say: (line: string) => void
}

/** Backs preferences up in the stage's pauses, and saves how far that has come. */
export class BackupKeeper {
  readonly progress: BackupProgress
  readonly #options: BackupKeeperOptions
  readonly #backup: PreferenceBackup
  /** Partitions whose last owner may have left users that are not backed up: by partition, where it stood. */
  readonly #unread = new Map<number, Position>()
  #fails = false

  constructor(options: BackupKeeperOptions) {
    this.#options = options
    this.#backup = new PreferenceBackup(options.stack, options.settings)
    this.progress = new BackupProgress(options.stack.documents)
  }

  begin(assigned: readonly Position[]): void {
    for (const position of assigned) this.#unread.set(position.partition, position)
  }

  /** Notes that the preference of an action's user has changed. */
  changed(userId: string, place: { readonly partition: number; readonly offset: number }): void {
    this.#backup.changed(userId, place)
  }

  /** Forgets the partitions that are another's now. */
  keepOnly(owned: ReadonlySet<number>): void {
    this.#backup.keepOnly(owned)
    for (const partition of this.#unread.keys()) if (!owned.has(partition)) this.#unread.delete(partition)
  }

  /** Backs up who is due. A failure is no batch's: it is told once, and tried again later. */
  async tend(): Promise<void> {
    const { say } = this.#options
    try {
      await this.#takeOver()
      await this.#backup.copyDue()
      if (this.progress.due) await this.#save()
      if (this.#fails) say('backups go on')
      this.#fails = false
    } catch (error) {
      if (!(error instanceof RepError && error.retryable)) throw error
      if (!this.#fails) say(`backups wait, ${error.message}`)
      this.#fails = true
    }
  }

  /** Backs up every changed user. */
  async complete(): Promise<void> {
    await this.#takeOver()
    await this.#backup.copyAll()
    await this.#save()
  }

  async #save(): Promise<void> {
    const { marks } = this.#options
    await this.progress.save(this.#backup.progress(marks.partitions, (partition) => marks.reached(partition)))
  }

  /** Notes whom the last owner of newly assigned partitions may not have backed up: who acted since its last saving. */
  async #takeOver(): Promise<void> {
    if (this.#unread.size === 0) return
    const positions = [...this.#unread.values()]
    const saved = await this.progress.load(positions.map(({ partition }) => partition))
    for (const [i, position] of positions.entries()) {
      await this.#readBetween(saved[i]!, position)
      this.#unread.delete(position.partition)
    }
  }

  async #readBetween(saved: number, { topic, partition, offset: end }: Position): Promise<void> {
    const { stack, read } = this.#options
    for (let offset = saved; offset < end; ) {
      const records = await stack.log.read({ topic, partition, offset }, CHUNK)
      const last = records.at(-1)
      if (last === undefined) return
      for (const record of records) {
        const action = record.offset < end ? read(record) : null
        if (action !== null) this.#backup.changed(action.userId, record)
      }
      offset = last.offset + 1
    }
  }
}
