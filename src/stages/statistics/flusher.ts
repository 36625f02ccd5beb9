import { randomUUID } from 'node:crypto'
import { RepError } from '../../errors/rep-error.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import type { Sql } from '../../ports/sql.ts'
import { TALLY } from './counters.ts'
import { FlushLease } from './flush-lease.ts'
import { readMarks } from './marks.ts'
import { readProgress } from './progress.ts'
import { type FlushOutcome, noteTime, writeSnapshot } from './write-snapshot.ts'

const SHORTEST_LEASE_MS = 15_000
const LEASE_PERIODS = 3
/** Snapshots of one turn: one that was left, its own, and some for others who take turns at the same time. */
const MOST_SNAPSHOTS = 100

export interface FlusherOptions {
  readonly keyValue: KeyValue
  readonly sql: Sql
  readonly periodMs: number
  readonly say: (line: string) => void
}

/** Moves counters from the key-value store to PostgreSQL on a period, one member of the stage at a time. */
export class Flusher {
  readonly #options: FlusherOptions
  readonly #lease: FlushLease
  #timer: NodeJS.Timeout | undefined
  #current: Promise<void> = Promise.resolve()
  #waiting = false
  #failure: unknown = null
  #stopped = false

  constructor(options: FlusherOptions) {
    const { keyValue, sql, periodMs } = options
    this.#options = options
    const ttlMs = Math.max(SHORTEST_LEASE_MS, LEASE_PERIODS * periodMs)
    this.#lease = new FlushLease({ keyValue, sql, ttlMs })
  }

  /** Begins to flush; what an earlier member left is flushed first. */
  start(): void {
    this.#schedule(0)
  }

  /** Ends the period; a flush under way goes on. */
  halt(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** Throws what ended the flushing, if anything did. */
  check(): void {
    if (this.#failure !== null) throw this.#failure
  }

  /**
   * Ends the period, flushes all that is counted by now, and lets another member flush. False where that was not to be
   * used: then count again, and finish again.
   */
  async finish(): Promise<boolean> {
    this.halt()
    await this.#current
    this.check()
    // Whoever else may flush just now may have begun before the last count.
    const complete = await this.flush(await this.#lease.take())
    await this.#lease.release()
    return complete
  }

  /** Flushes if it is this member's turn. */
  async turn(): Promise<void> {
    const token = await this.#lease.hold()
    if (token !== null) await this.flush(token)
  }

  /** Writes snapshots until all that was counted when it began is in PostgreSQL; false where it did not come so far. */
  async flush(token: number): Promise<boolean> {
    const { keyValue, sql } = this.#options
    for (let i = 0; i < MOST_SNAPSHOTS; i++) {
      const takenMs = Date.now()
      const marks = await readMarks(keyValue)
      const own = `${takenMs}-${randomUUID()}`
      const id = await keyValue.snapshotTally(TALLY, own)
      if (id === null) {
        if (!(await reaches(sql, marks))) return this.#begin()
        await noteTime(sql, { token, takenMs })
        return true
      }
      const outcome = await this.#write(id, token)
      if (outcome === 'stale') return this.#begin()
      if (outcome === 'fenced') {
        this.#lease.lose()
        return false
      }
      await keyValue.dropTally(TALLY, id)
      // What was counted of one source may be lost while another's is there to be flushed.
      if (id === own) return (await reaches(sql, marks)) || this.#begin()
    }
    return false
  }

  async #write(id: string, token: number): Promise<FlushOutcome> {
    const { keyValue, sql } = this.#options
    const snapshot = await keyValue.readTally(TALLY, id)
    // Its id outlived it: nobody knows what was in it.
    if (snapshot === null) return 'stale'
    return writeSnapshot(sql, { id, token, takenMs: takenAt(id), snapshot })
  }

  /** Gives up all that is not flushed: who counts finds no marks, and counts from where PostgreSQL is. */
  async #begin(): Promise<false> {
    const { keyValue, say } = this.#options
    say(
      'counts do not continue what is in PostgreSQL, because one of the stores has lost some: they are counted again from the log',
    )
    await keyValue.clearTally(TALLY)
    return false
  }

  #schedule(ms: number): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#current = this.#run()
    }, ms)
  }

  async #run(): Promise<void> {
    const { say, periodMs } = this.#options
    try {
      await this.turn()
      if (this.#waiting) say('flushes again')
      this.#waiting = false
    } catch (error) {
      if (!(error instanceof RepError && error.retryable)) {
        this.#failure = error
        return
      }
      if (!this.#waiting) say(`cannot flush now, counts wait in the key-value store: ${error.message}`)
      this.#waiting = true
    }
    this.#schedule(periodMs)
  }
}

/** Whether PostgreSQL has all that was counted; false where counts were lost and their marks were not. */
async function reaches(sql: Sql, marks: ReadonlyMap<string, number>): Promise<boolean> {
  if (marks.size === 0) return true
  const reached = await readProgress(sql, [...marks.keys()])
  return [...marks].every(([source, mark]) => (reached.get(source) ?? 0) >= mark)
}

/** When a snapshot was taken, by its id. */
function takenAt(id: string): number {
  return Number(id.split('-', 1)[0])
}
