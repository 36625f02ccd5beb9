import { basename, dirname } from 'node:path'
import { normalise } from '../../../domain/vector.ts'
import { RepError } from '../../../errors/rep-error.ts'
import type { ModelFiles } from './model-files.ts'
import {
  loadTransformers,
  type Model,
  type ModelInputs,
  type Tokenizer,
  type TransformersTensor,
} from './transformers-module.ts'

/** Vectors of a batch, and which texts were cut. */
export interface SentenceVectors {
  readonly rows: Float32Array
  readonly truncated: readonly number[]
}

/** A model in memory. It computes on the calling thread's own core: use one a thread. */
export class SentenceModel {
  readonly #files: ModelFiles
  readonly #tokenizer: Tokenizer
  readonly #model: Model

  private constructor(files: ModelFiles, tokenizer: Tokenizer, model: Model) {
    this.#files = files
    this.#tokenizer = tokenizer
    this.#model = model
  }

  /** Rejects with REP_ENVIRONMENT where transformers.js is missing or does not understand the files. */
  static async load(files: ModelFiles): Promise<SentenceModel> {
    const { env, AutoTokenizer, AutoModel } = await loadTransformers()
    env.allowRemoteModels = false
    env.localModelPath = dirname(files.directory)
    const id = basename(files.directory)
    try {
      const tokenizer = await AutoTokenizer.from_pretrained(id, { local_files_only: true })
      const model = await AutoModel.from_pretrained(id, {
        dtype: files.dtype,
        device: 'cpu',
        local_files_only: true,
        session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
      })
      return new SentenceModel(files, tokenizer, model)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RepError('REP_ENVIRONMENT', `The model in ${files.directory} cannot be loaded: ${why}`, {
        cause,
      })
    }
  }

  /** All texts are padded to the longest: give texts of like length. */
  async embed(texts: readonly string[]): Promise<SentenceVectors> {
    const { dims, maxTokens, pooling } = this.#files
    const inputs = this.#tokenizer(texts, { padding: true, truncation: true, max_length: maxTokens })
    const outputs = await this.#model(inputs)
    const tokens = outputs.last_hidden_state ?? outputs.token_embeddings
    const mask = inputs.attention_mask
    if (tokens === undefined || mask === undefined || tokens.dims[2] !== dims) {
      throw new RepError(
        'REP_ENVIRONMENT',
        `The model ${this.#files.model} gives no vectors of ${dims} values a token.`,
      )
    }
    const rows = new Float32Array(texts.length * dims)
    for (let i = 0; i < texts.length; i++) {
      const row = rows.subarray(i * dims, (i + 1) * dims)
      poolInto(row, { tokens, mask, text: i, firstOnly: pooling === 'cls' })
      normalise(row)
    }
    return { rows, truncated: this.#truncatedOf(texts, inputs) }
  }

  /** Tokens of a whole text, those at its ends included. */
  tokensOf(text: string): number {
    return this.#tokenizer([text], { padding: false, truncation: false }).input_ids!.dims[1]!
  }

  async close(): Promise<void> {
    await this.#model.dispose()
  }

  /** Only a text that fills the whole width can have been cut: those are counted again, whole. */
  #truncatedOf(texts: readonly string[], { attention_mask }: ModelInputs): number[] {
    const { maxTokens } = this.#files
    if (attention_mask!.dims[1]! < maxTokens) return []
    return texts.flatMap((text, i) => {
      return this.tokensOf(text) > maxTokens ? [i] : []
    })
  }
}

interface Pool {
  readonly tokens: TransformersTensor
  readonly mask: TransformersTensor
  readonly text: number
  readonly firstOnly: boolean
}

/** Adds the vectors of a text's tokens, padding left out; the length does not matter before normalising. */
function poolInto(row: Float32Array, { tokens, mask, text, firstOnly }: Pool): void {
  const dims = row.length
  const width = tokens.dims[1]!
  const values = tokens.data as Float32Array
  for (let token = 0; token < (firstOnly ? 1 : width); token++) {
    if (Number(mask.data[text * width + token]) === 0) continue
    const at = (text * width + token) * dims
    for (let i = 0; i < dims; i++) row[i] = row[i]! + values[at + i]!
  }
}
