import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import type { ModelFiles } from '../../drivers/embedder/transformers/model-files.ts'
import type { SentenceVectors } from '../../drivers/embedder/transformers/sentence-model.ts'
import type { SentencePool } from '../../drivers/embedder/transformers/transformers.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import { RepError } from '../../errors/rep-error.ts'

/** What an embedding thread answers. */
export type EmbedAnswer =
  | ({ readonly ok: true } & SentenceVectors)
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly message: string
      readonly details: readonly string[]
    }

export interface EmbedPoolOptions {
  /** Default: one a core. */
  readonly threads?: number | undefined
  /** What the threads run; for tests. */
  readonly entry?: URL
  /** Told of each thread that died. */
  log?(line: string): void
}

/** Starts threads that each hold the model, and waits until all of them have. Rejects with what kept one from it. */
export async function openEmbedPool(files: ModelFiles, options: EmbedPoolOptions = {}): Promise<EmbedPool> {
  const pool = new EmbedPool(files, options)
  try {
    await pool.warmUp()
    return pool
  } catch (error) {
    await pool.close()
    throw error
  }
}

/**
 * Threads of sentence models. A batch whose thread dies is tried once more, on another. Tasks take no abort
 * signal: Piscina would end the thread, and ONNX Runtime ends the process when its thread goes under a computation.
 */
export class EmbedPool implements SentencePool {
  readonly workers: number
  readonly #piscina: Piscina<readonly string[], EmbedAnswer>
  readonly #log: (line: string) => void

  constructor(files: ModelFiles, { threads = availableParallelism(), entry, log }: EmbedPoolOptions) {
    this.workers = threads
    this.#log = log ?? ((line) => process.stderr.write(`${line}\n`))
    const url = entry ?? new URL(`../workers/embed${extname(import.meta.url)}`, import.meta.url)
    this.#piscina = new Piscina({
      filename: url.href,
      minThreads: threads,
      maxThreads: threads,
      workerData: files,
      // A thread that waits for work on a futex would keep its event loop from everything else.
      atomics: 'disabled',
    })
    // Each lost thread is told where its batch is; without a listener the event would end the process.
    this.#piscina.on('error', (error: Error) => this.#log(`an embedding thread failed: ${error.message}`))
  }

  /** Loading takes long enough that each thread gets one of these. */
  async warmUp(): Promise<void> {
    await Promise.all(Array.from({ length: this.workers }, () => this.embed(['wireless headphones'])))
  }

  async embed(texts: readonly string[]): Promise<SentenceVectors> {
    const answer = await this.#run(texts)
    if (answer.ok) return answer
    throw new RepError(answer.code, answer.message, { details: answer.details })
  }

  async #run(texts: readonly string[]): Promise<EmbedAnswer> {
    try {
      return await this.#piscina.run(texts)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#log(`an embedding thread died (${why}); its ${texts.length} texts go to another`)
    }
    try {
      return await this.#piscina.run(texts)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RepError('REP_STORE_UNAVAILABLE', `Two embedding threads died over the same texts: ${why}`, {
        cause,
      })
    }
  }

  async close(): Promise<void> {
    await this.#piscina.close()
  }
}
