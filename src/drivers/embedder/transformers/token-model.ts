import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RepError } from '../../../errors/rep-error.ts'
import { sumsInt8Exactly } from './int8-kernels.ts'
import { withInt8Products } from './int8-products.ts'
import { type ModelFiles, WEIGHTS } from './model-files.ts'
import { loadOnnxRuntime, type OnnxRuntime, type OnnxSession } from './transformers-module.ts'

/** Token ids of texts, one after the other, all padded to the same width. */
export interface TokenBatch {
  readonly texts: number
  readonly width: number
  readonly ids: BigInt64Array
  /** 1 where there is a token, 0 where there is padding. */
  readonly mask: BigInt64Array
}

/** One core a thread, and what ONNX Runtime 1.30 does not do well by itself (docs/performance.md). */
function sessionOptions(): object {
  return {
    ...{ executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 },
    // Errors; its warnings are about constants that it dropped.
    logSeverityLevel: 3,
    extra: {
      // The fused operator is ten times as slow as the two that it replaces.
      optimization: { disable_specified_optimizers: 'SkipLayerNormFusion' },
      session: { x64quantprecision: sumsInt8Exactly() ? '0' : '1' },
    },
  }
}

/** A model's graph in memory. It computes on one core, beside the calling thread. */
export class TokenModel {
  readonly #runtime: OnnxRuntime
  readonly #session: OnnxSession
  readonly #files: ModelFiles

  private constructor(runtime: OnnxRuntime, session: OnnxSession, files: ModelFiles) {
    this.#runtime = runtime
    this.#session = session
    this.#files = files
  }

  static async load(files: ModelFiles): Promise<TokenModel> {
    const runtime = await loadOnnxRuntime()
    const path = join(files.directory, 'onnx', WEIGHTS[files.dtype])
    const model = files.arithmetic === 'int8' ? withInt8Products(await readFile(path)) : path
    return new TokenModel(runtime, await runtime.InferenceSession.create(model, sessionOptions()), files)
  }

  /** Vectors of all tokens, `dims` values each. */
  async run(batch: TokenBatch): Promise<Float32Array> {
    const { texts, width, ids, mask } = batch
    const known: Readonly<Record<string, BigInt64Array>> = {
      ...{ input_ids: ids, attention_mask: mask },
      // One text is one segment.
      token_type_ids: new BigInt64Array(ids.length),
    }
    const { Tensor } = this.#runtime
    const inputs = this.#session.inputNames.map((name) => {
      if (known[name] === undefined) throw this.#refusal(`asks for ${name}, which no sentence has`)
      return [name, new Tensor('int64', known[name], [texts, width])] as const
    })
    const outputs = await this.#session.run(Object.fromEntries(inputs))
    const tokens = outputs.last_hidden_state ?? outputs.token_embeddings
    if (tokens?.dims[2] !== this.#files.dims) {
      throw this.#refusal(`gives no vectors of ${this.#files.dims} values a token`)
    }
    return tokens.data
  }

  async close(): Promise<void> {
    await this.#session.release()
  }

  #refusal(why: string): RepError {
    return new RepError('REP_ENVIRONMENT', `The model ${this.#files.model} ${why}.`)
  }
}
