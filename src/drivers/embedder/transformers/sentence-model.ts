import { basename, dirname } from 'node:path'
import { normalise } from '../../../domain/vector.ts'
import { RepError } from '../../../errors/rep-error.ts'
import { partsOf } from './like-lengths.ts'
import type { ModelFiles } from './model-files.ts'
import { type TokenBatch, TokenModel } from './token-model.ts'
import { loadTransformers, type Tokenizer } from './transformers-module.ts'

/** Vectors of a batch, and which texts were cut. */
export interface SentenceVectors {
  readonly rows: Float32Array
  readonly truncated: readonly number[]
}

/** A model in memory. It computes on the calling thread's own core: use one a thread. */
export class SentenceModel {
  readonly #files: ModelFiles
  readonly #tokenizer: Tokenizer
  readonly #model: TokenModel

  private constructor(files: ModelFiles, tokenizer: Tokenizer, model: TokenModel) {
    this.#files = files
    this.#tokenizer = tokenizer
    this.#model = model
  }

  /** Rejects with REP_ENVIRONMENT where transformers.js is missing or does not understand the files. */
  static async load(files: ModelFiles): Promise<SentenceModel> {
    const { env, AutoTokenizer } = await loadTransformers()
    env.allowRemoteModels = false
    env.localModelPath = dirname(files.directory)
    const id = basename(files.directory)
    try {
      const tokenizer = await AutoTokenizer.from_pretrained(id, { local_files_only: true })
      const model = await TokenModel.load(files)
      return new SentenceModel(files, tokenizer, model)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RepError('REP_ENVIRONMENT', `The model in ${files.directory} cannot be loaded: ${why}`, {
        cause,
      })
    }
  }

  async embed(texts: readonly string[]): Promise<SentenceVectors> {
    const { dims, maxTokens } = this.#files
    const { input_ids: ids } = this.#tokenizer(texts, {
      ...{ padding: false, truncation: true, max_length: maxTokens, return_tensor: false },
    })
    const rows = new Float32Array(texts.length * dims)
    for (const part of partsOf(ids.map(({ length }) => length))) {
      const batch = padded(
        part.map((at) => ids[at]!),
        this.#tokenizer.pad_token_id ?? 0,
      )
      const tokens = await this.#model.run(batch)
      for (const [i, at] of part.entries()) {
        const from = i * batch.width * dims
        const own = tokens.subarray(from, from + ids[at]!.length * dims)
        this.#poolInto(rows.subarray(at * dims, (at + 1) * dims), own)
      }
    }
    // Only a text of so many tokens can have been cut: those are counted again, whole.
    const cut = (text: string, at: number): boolean =>
      ids[at]!.length >= maxTokens && this.tokensOf(text) > maxTokens
    return { rows, truncated: texts.flatMap((text, at) => (cut(text, at) ? [at] : [])) }
  }

  /** Tokens of a whole text, those at its ends included. */
  tokensOf(text: string): number {
    const options = { padding: false, truncation: false, return_tensor: false } as const
    return this.#tokenizer([text], options).input_ids[0]!.length
  }

  async close(): Promise<void> {
    await this.#model.close()
  }

  /** Adds the vectors of a text's tokens, or takes the first, and scales the result to length 1. */
  #poolInto(row: Float32Array, tokens: Float32Array): void {
    const { dims, pooling } = this.#files
    const end = pooling === 'cls' ? dims : tokens.length
    for (let at = 0; at < end; at += dims) for (let i = 0; i < dims; i++) row[i] = row[i]! + tokens[at + i]!
    normalise(row)
  }
}

/** All texts are padded to the longest. */
function padded(texts: readonly (readonly number[])[], padding: number): TokenBatch {
  const width = Math.max(...texts.map(({ length }) => length))
  const ids = new BigInt64Array(texts.length * width).fill(BigInt(padding))
  const mask = new BigInt64Array(texts.length * width)
  for (const [i, text] of texts.entries()) {
    for (const [at, id] of text.entries()) ids[i * width + at] = BigInt(id)
    mask.fill(1n, i * width, i * width + text.length)
  }
  return { texts: texts.length, width, ids, mask }
}
