import { basename } from 'node:path'
import { createCodec } from '../../domain/codec.ts'
import type { Product } from '../../domain/events.ts'
import { formatTraceId, runTag } from '../../domain/trace-id.ts'
import { RepError } from '../../errors/rep-error.ts'
import { openReplay, type ReadOptions, type ReplayReader } from './open-replay.ts'
import { RecentCopies } from './recent-copies.ts'
import { RejectsFile } from './rejects-file.ts'
import { ReplayCatalogue } from './replay-catalogue.ts'
import type { Rejected, ReplayRow } from './replay-row.ts'
import { Sample } from './sample.ts'
import { TapeWriter } from './tape-writer.ts'
import { TimeOrder } from './time-order.ts'

export interface ScanOptions {
  readonly read: ReadOptions
  /** In place of the file's own: its rows come from elsewhere. */
  readonly reader?: ReplayReader
  /** `time`: by event time, within a window; `file`: as the rows stand. */
  readonly order: 'time' | 'file'
  readonly seed: number
  /** Where the encoded events go. */
  readonly tapeFile: string
  /** Where rows go that cannot be read; made only if there are any. */
  readonly rejectsFile: string
  readonly signal?: AbortSignal
  /** Told the rows read so far, many times a second. */
  onProgress?(rows: number): void
}

/** What the first pass over a file found. */
export interface ReplayScan {
  readonly format: string
  readonly invented: readonly string[]
  /** rows = readable + rejected. */
  readonly rows: number
  readonly readable: number
  readonly rejected: number
  readonly firstRejects: readonly Rejected[]
  /** Event time of the tape's first event, ms since the epoch: its time 0. */
  readonly firstMs: number
  /** Least and greatest event time. */
  readonly earliestMs: number
  readonly latestMs: number
  /** Rows earlier than the row before them, and those of them that came too late to be put in order. */
  readonly unordered: number
  readonly late: number
  /** Exact copies of a row not long before. */
  readonly copies: number
  readonly users: number
  /** Users of rows drawn at random: who acts more is there more often. */
  readonly readers: readonly string[]
  /** Most mentioned first. */
  readonly products: readonly Product[]
  readonly unnamedProducts: number
}

const FIRST_REJECTS = 5
const READERS = 4096

/**
 * The first pass over a recorded clickstream: reads all of it, writes its actions, encoded and in the order
 * in which they will be driven, to the tape, and says what it found. Trace ids number them in that order.
 * Memory grows with the users and products of the file, not with its rows. Throws REP_INPUT where no row can
 * be read, saying why for the first few.
 */
export async function scanReplay(file: string, options: ScanOptions): Promise<ReplayScan> {
  const reader = options.reader ?? (await openReplay(file, options.read, options.signal))
  const rejects = new RejectsFile(options.rejectsFile)
  const tape = await TapeWriter.create(options.tapeFile)
  const scan = new Scan(options, { rejects, tape })
  try {
    for await (const rows of reader.rows((rejected) => scan.reject(rejected))) {
      for (const row of rows) scan.add(row)
      await tape.flush()
      await rejects.flush()
      options.onProgress?.(scan.readable + rejects.count)
    }
    scan.end()
  } finally {
    await rejects.close()
    await tape.close()
  }
  const { name, invented } = reader.format
  if (scan.readable === 0) throw noReadableRow(file, scan.firstRejects)
  return scan.result({ name, invented })
}

class Scan {
  readonly firstRejects: Rejected[] = []
  readable = 0
  readonly #rejects: RejectsFile
  readonly #tape: TapeWriter
  readonly #codec = createCodec()
  readonly #encoder = new TextEncoder()
  readonly #tag: number
  readonly #order: TimeOrder | null
  readonly #copies = new RecentCopies()
  readonly #users = new Set<string>()
  readonly #readers: Sample
  readonly #catalogue = new ReplayCatalogue()
  #sequence = 0
  #firstMs = Infinity
  #driveMs = -Infinity
  #previousMs = -Infinity
  #earliestMs = Infinity
  #latestMs = -Infinity
  #unordered = 0
  #late = 0

  constructor({ seed, order }: ScanOptions, { rejects, tape }: { rejects: RejectsFile; tape: TapeWriter }) {
    this.#rejects = rejects
    this.#tape = tape
    this.#tag = runTag(seed, 'action')
    this.#readers = new Sample(READERS, seed)
    this.#order = order === 'time' ? new TimeOrder() : null
  }

  reject(rejected: Rejected): void {
    if (this.firstRejects.length < FIRST_REJECTS) this.firstRejects.push(rejected)
    this.#rejects.add(rejected)
  }

  add(row: ReplayRow): void {
    const { userId, timestamp } = row.action
    this.readable++
    this.#copies.add(row.text)
    this.#users.add(userId)
    this.#readers.add(userId)
    this.#catalogue.add(row)
    if (timestamp < this.#previousMs) this.#unordered++
    this.#previousMs = timestamp
    this.#earliestMs = Math.min(this.#earliestMs, timestamp)
    this.#latestMs = Math.max(this.#latestMs, timestamp)
    const next = this.#order === null ? row : this.#order.push(row)
    if (next !== null) this.#drive(next)
  }

  end(): void {
    for (let row = this.#order?.pop() ?? null; row !== null; row = this.#order!.pop()) this.#drive(row)
  }

  /** Puts an action on the tape. Times never decrease: a row that comes too late goes with the one before it. */
  #drive({ action }: ReplayRow): void {
    const { timestamp } = action
    if (this.#firstMs === Infinity) this.#firstMs = timestamp
    if (timestamp < this.#driveMs) this.#late++
    else this.#driveMs = timestamp
    const traceId = formatTraceId(timestamp, this.#tag, this.#sequence++)
    const value = this.#codec.encodeUserAction({ traceId, ...action })
    this.#tape.add(this.#driveMs - this.#firstMs, this.#encoder.encode(action.userId), value)
  }

  result({ name, invented }: { name: string; invented: readonly string[] }): ReplayScan {
    const products = this.#catalogue.products()
    return {
      format: name,
      invented,
      rows: this.readable + this.#rejects.count,
      readable: this.readable,
      rejected: this.#rejects.count,
      firstRejects: this.firstRejects,
      firstMs: this.#firstMs,
      earliestMs: this.#earliestMs,
      latestMs: this.#latestMs,
      unordered: this.#unordered,
      late: this.#order === null ? 0 : this.#late,
      copies: this.#copies.copies,
      users: this.#users.size,
      readers: this.#readers.items,
      products,
      unnamedProducts: this.#catalogue.unnamed,
    }
  }
}

function noReadableRow(file: string, rejects: readonly Rejected[]): RepError {
  return new RepError('REP_INPUT', `No row of ${basename(file)} can be read.`, {
    details: rejects.map(({ line, reason }) => `line ${line}: ${reason}`),
  })
}
