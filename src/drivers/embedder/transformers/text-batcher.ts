import { RepError } from '../../../errors/rep-error.ts'
import type { SentenceVectors } from './sentence-model.ts'

export interface BatcherOptions {
  readonly dims: number
  /** Batches that are computed at the same time. */
  readonly workers: number
  /** Most texts of a batch. */
  readonly batchTexts: number
  /** How long a text waits for others while a worker is free. */
  readonly waitMs: number
  /** Most texts that wait; more are refused. */
  readonly queueTexts: number
}

/** Batches so far, by how many texts they had. */
export interface BatcherStats {
  readonly queued: number
  readonly running: number
  readonly refused: number
  readonly batchSizes: ReadonlyMap<number, number>
}

/** Texts are sorted by length within this many batches' worth: more saves little padding, and delays the oldest. */
const WINDOW_BATCHES = 4
/** Most characters of a batch, padding included: so that a batch of long texts does not hold up all else. */
const BATCH_CHARACTERS = 16_384

interface Job {
  readonly rows: Float32Array
  readonly truncated: number[]
  left: number
  settled: boolean
  resolve(answer: SentenceVectors): void
  reject(error: unknown): void
}

interface Waiting {
  readonly text: string
  readonly at: number
  readonly job: Job
}

/** Gathers texts of many callers into batches of like length, computed by `run`; one promise a call. */
export class TextBatcher {
  readonly #run: (texts: readonly string[]) => Promise<SentenceVectors>
  readonly #options: BatcherOptions
  #waiting: Waiting[] = []
  /** Cut from the queue, sorted, not begun. */
  #ready: Waiting[][] = []
  #queued = 0
  #running = 0
  #refused = 0
  #timer: NodeJS.Timeout | null = null
  #idle: (() => void) | null = null
  readonly #batchSizes = new Map<number, number>()

  constructor(run: (texts: readonly string[]) => Promise<SentenceVectors>, options: BatcherOptions) {
    this.#run = run
    this.#options = options
  }

  get stats(): BatcherStats {
    const batchSizes = this.#batchSizes
    return { queued: this.#queued, running: this.#running, refused: this.#refused, batchSizes }
  }

  /** Rejects with REP_OVERLOADED where the queue is full, with the signal's reason once it is aborted. */
  submit(texts: readonly string[], signal?: AbortSignal): Promise<SentenceVectors> {
    signal?.throwIfAborted()
    const { dims, queueTexts, batchTexts, waitMs } = this.#options
    const rows = new Float32Array(texts.length * dims)
    if (texts.length === 0) return Promise.resolve({ rows, truncated: [] })
    if (this.#queued > 0 && this.#queued + texts.length > queueTexts) {
      this.#refused++
      throw new RepError(
        'REP_OVERLOADED',
        `${this.#queued} texts wait to be embedded; with ${texts.length} more it would be over the ${queueTexts} allowed.`,
      )
    }
    const { promise, resolve, reject } = Promise.withResolvers<SentenceVectors>()
    const job: Job = { rows, truncated: [], left: texts.length, settled: false, resolve, reject }
    for (const [at, text] of texts.entries()) this.#waiting.push({ text, at, job })
    this.#queued += texts.length
    const abort = (): void => fail(job, signal!.reason)
    signal?.addEventListener('abort', abort, { once: true })
    if (this.#queued >= batchTexts) this.#dispatch()
    else this.#timer ??= setTimeout(() => this.#dispatch(), waitMs)
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Resolves when nothing is computed any more; what has not begun is given up with `reason`. */
  async close(reason: Error): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { job } of [...this.#ready.flat(), ...this.#waiting]) fail(job, reason)
    this.#ready = []
    this.#waiting = []
    this.#queued = 0
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  #dispatch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    while (this.#running < this.#options.workers) {
      const batch = this.#nextBatch()
      if (batch === undefined) return
      this.#queued -= batch.length
      const live = batch.filter(({ job }) => !job.settled)
      if (live.length > 0) void this.#compute(live)
    }
  }

  #nextBatch(): Waiting[] | undefined {
    if (this.#ready.length === 0) {
      const window = this.#waiting.splice(0, WINDOW_BATCHES * this.#options.batchTexts)
      this.#ready = batchesOf(window, this.#options.batchTexts)
    }
    return this.#ready.shift()
  }

  async #compute(batch: readonly Waiting[]): Promise<void> {
    this.#running++
    this.#batchSizes.set(batch.length, (this.#batchSizes.get(batch.length) ?? 0) + 1)
    try {
      deliver(batch, await this.#run(batch.map(({ text }) => text)), this.#options.dims)
    } catch (error) {
      for (const { job } of batch) fail(job, error)
    } finally {
      this.#running--
      if (this.#running === 0) this.#idle?.()
      this.#dispatch()
    }
  }
}

/** Shortest first, so that texts of like length share a batch. */
function batchesOf(window: Waiting[], most: number): Waiting[][] {
  window.sort((a, b) => a.text.length - b.text.length)
  const batches: Waiting[][] = []
  let batch: Waiting[] = []
  for (const waiting of window) {
    const padded = (batch.length + 1) * waiting.text.length
    if (batch.length > 0 && (batch.length === most || padded > BATCH_CHARACTERS)) {
      batches.push(batch)
      batch = []
    }
    batch.push(waiting)
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

function deliver(batch: readonly Waiting[], answer: SentenceVectors, dims: number): void {
  for (const i of answer.truncated) batch[i]!.job.truncated.push(batch[i]!.at)
  for (const [i, { at, job }] of batch.entries()) {
    job.rows.set(answer.rows.subarray(i * dims, (i + 1) * dims), at * dims)
    job.left--
    if (job.left > 0 || job.settled) continue
    job.settled = true
    job.resolve({ rows: job.rows, truncated: job.truncated.sort((a, b) => a - b) })
  }
}

function fail(job: Job, error: unknown): void {
  if (job.settled) return
  job.settled = true
  job.reject(error)
}
