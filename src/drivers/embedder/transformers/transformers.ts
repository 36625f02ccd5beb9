import { RepError } from '../../../errors/rep-error.ts'
import type { Embedder, Embedding, EmbedOptions } from '../../../ports/embedder.ts'
import type { ModelFiles } from './model-files.ts'
import type { SentenceVectors } from './sentence-model.ts'
import { type BatcherStats, TextBatcher } from './text-batcher.ts'
import { textPrefix } from './text-prefix.ts'

/** Threads that hold the model. */
export interface SentencePool {
  readonly workers: number
  embed(texts: readonly string[]): Promise<SentenceVectors>
  close(): Promise<void>
}

export interface TransformersOptions {
  /** Most texts of a batch; default 16. */
  readonly batchTexts?: number
  /** How long a text waits for others while a worker is free; default 3 ms. */
  readonly waitMs?: number
  /** Most texts that wait; default 2,000. */
  readonly queueTexts?: number
}

/**
 * Larger batches compute no more texts a second (docs/performance.md), since a thread's core is busy with one text
 * as with many; but each text waits for its whole batch, so that their tail is longer.
 */
const BATCH_TEXTS = 16

/** A sentence model on transformers.js, in threads of its own. */
export class TransformersEmbedder implements Embedder {
  readonly capabilities: Embedder['capabilities']
  readonly #model: string
  readonly #pool: SentencePool
  readonly #batcher: TextBatcher

  /** The pool is the embedder's from here on. */
  constructor(files: ModelFiles, pool: SentencePool, options: TransformersOptions = {}) {
    const { batchTexts = BATCH_TEXTS, waitMs = 3, queueTexts = 2000 } = options
    const { model, dtype, arithmetic, dims } = files
    // Whose vectors are compared or kept goes by this name: other arithmetic gives other vectors.
    const how = arithmetic === 'int8' ? `${dtype}, int8 products` : dtype
    this.capabilities = { model: `${model} (${how})`, dims, semantic: true }
    this.#model = model
    this.#pool = pool
    const { workers } = pool
    this.#batcher = new TextBatcher((texts) => pool.embed(texts), {
      ...{ dims, workers, batchTexts, waitMs, queueTexts },
    })
  }

  get threads(): number {
    return this.#pool.workers
  }

  get stats(): BatcherStats {
    return this.#batcher.stats
  }

  async embed(texts: readonly string[], { kind = 'query', signal }: EmbedOptions = {}): Promise<Embedding> {
    const prefix = textPrefix(this.#model, kind)
    const prefixed = prefix === '' ? texts : texts.map((text) => prefix + text)
    return { ...(await this.#batcher.submit(prefixed, signal)), fallback: null }
  }

  /** What waits is given up; what is being computed is finished, since ending a thread then would end the process. */
  async close(): Promise<void> {
    await this.#batcher.close(new RepError('REP_STORE_UNAVAILABLE', 'The embedder was closed.'))
    await this.#pool.close()
  }
}
