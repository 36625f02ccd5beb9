import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import type { Collected } from './collected.ts'
import { decodeFrames, encodeFrames } from './spool-frame.ts'

/** A file that reaches this is closed, and the next one begun: files go to the log one at a time. */
const FILE_BYTES = 4 * 1024 * 1024
const SUFFIX = '.spool'

export interface SpoolOptions {
  readonly directory: string
  /** Most bytes that it holds; what does not fit is refused. */
  readonly maxBytes: number
  readonly log: (line: string) => void
}

interface SpoolFile {
  readonly path: string
  bytes: number
}

/** The oldest records of a spool. */
export interface Spooled {
  readonly path: string
  readonly records: readonly Collected[]
  /** Bytes at its end that are no whole record. */
  readonly rest: number
}

/**
 * Records that the log could not take yet, on disk, in order. `write` resolves when they are durable; after a
 * crash, `open` finds them. Calls run one after the other.
 */
export class Spool {
  readonly #options: SpoolOptions
  /** Oldest first; the last one may be open for writing. */
  readonly #files: SpoolFile[]
  #open: FileHandle | null = null
  #next: number
  #bytes: number
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(options: SpoolOptions, files: SpoolFile[], next: number) {
    this.#options = options
    this.#files = files
    this.#next = next
    this.#bytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Opens a directory, which is made where it is missing, with what an earlier process left in it. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory } = options
    await mkdir(directory, { recursive: true })
    const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX)).sort()
    const files: SpoolFile[] = []
    for (const name of names) {
      const path = join(directory, name)
      files.push({ path, bytes: (await stat(path)).size })
    }
    const last = names.at(-1)
    return new Spool(options, files, last === undefined ? 1 : Number.parseInt(last, 10) + 1)
  }

  get empty(): boolean {
    return this.#files.length === 0
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Keeps the records. Rejects with REP_STORE_UNAVAILABLE (retryable) where the disk or the limit has no room. */
  write(records: readonly Collected[]): Promise<void> {
    return this.#inTurn(async () => {
      const frames = encodeFrames(records)
      const { maxBytes } = this.#options
      if (this.#bytes + frames.length > maxBytes) {
        throw new RepError('REP_STORE_UNAVAILABLE', `the spool has reached its limit of ${maxBytes} bytes`)
      }
      try {
        await this.#append(frames)
      } catch (cause) {
        // What was written of them is cut off when the file is read: nothing after it is whole.
        await this.#closeFile()
        const why = cause instanceof Error ? cause.message : String(cause)
        throw new RepError('REP_STORE_UNAVAILABLE', `the spool cannot be written: ${why}`, { cause })
      }
    })
  }

  /** The records of the oldest file; null where the spool is empty. They stay until `remove`. */
  oldest(): Promise<Spooled | null> {
    return this.#inTurn(async () => {
      const file = this.#files[0]
      if (file === undefined) return null
      if (this.#files.length === 1) await this.#closeFile()
      const { records, rest } = decodeFrames(await readFile(file.path))
      return { path: file.path, records, rest }
    })
  }

  /**
   * Forgets what `oldest` gave. Bytes that are no whole record were never acknowledged, unless the disk is
   * damaged: so their file is kept, under another name.
   */
  remove({ path, rest }: Spooled): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#files[0]?.path !== path) return
      if (rest === 0) await rm(path, { force: true })
      else {
        const aside = path.replace(SUFFIX, '.damaged')
        await rename(path, aside)
        this.#options.log(`the last ${rest} bytes of ${aside} are no whole record; the file is kept`)
      }
      this.#bytes -= this.#files.shift()!.bytes
    })
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#closeFile())
  }

  async #append(frames: Buffer): Promise<void> {
    this.#open ??= await this.#begin()
    const file = this.#files.at(-1)!
    // Counted first: a part may be on disk also where the write fails.
    file.bytes += frames.length
    this.#bytes += frames.length
    await this.#open.appendFile(frames)
    await this.#open.datasync()
    if (file.bytes >= FILE_BYTES) await this.#closeFile()
  }

  async #begin(): Promise<FileHandle> {
    const { directory } = this.#options
    const path = join(directory, `${String(this.#next++).padStart(12, '0')}${SUFFIX}`)
    const file = await open(path, 'ax')
    this.#files.push({ path, bytes: 0 })
    // The file's name must survive a crash of the machine too.
    const parent = await open(directory)
    await parent.sync()
    await parent.close()
    return file
  }

  async #closeFile(): Promise<void> {
    const file = this.#open
    this.#open = null
    await file?.close()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work)
    this.#tail = turn.catch(() => undefined)
    return turn
  }
}
