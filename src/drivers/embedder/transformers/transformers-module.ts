import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RepError } from '../../../errors/rep-error.ts'

/** The part of transformers.js that rep uses: the package is an optional peer, so its types may be missing. */
export interface TransformersModule {
  readonly env: {
    allowRemoteModels: boolean
    allowLocalModels: boolean
    localModelPath: string
    remoteHost: string
    cacheDir: string | null
    logLevel?: number
  }
  readonly AutoTokenizer: { from_pretrained(id: string, options?: LoadOptions): Promise<Tokenizer> }
  readonly AutoModel: {
    from_pretrained(id: string, options?: LoadOptions): Promise<{ dispose(): Promise<unknown> }>
  }
}

export interface LoadOptions {
  readonly dtype?: string
  readonly device?: 'cpu'
  readonly local_files_only?: boolean
}

export interface TokenizerOptions {
  readonly padding: false
  readonly truncation: boolean
  readonly max_length?: number
  readonly return_tensor: false
}

export interface Tokenizer {
  (
    texts: readonly string[],
    options: TokenizerOptions,
  ): { readonly input_ids: readonly (readonly number[])[] }
  readonly pad_token_id?: number | null
}

/** The part of ONNX Runtime that rep uses. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array | string, options: object): Promise<OnnxSession> }
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => OnnxTensor
}

export interface OnnxTensor {
  readonly dims: readonly number[]
}

export interface OnnxSession {
  readonly inputNames: readonly string[]
  run(
    inputs: Readonly<Record<string, OnnxTensor>>,
  ): Promise<Readonly<Record<string, (OnnxTensor & { readonly data: Float32Array }) | undefined>>>
  release(): Promise<void>
}

const NAME = '@huggingface/transformers'
const RUNTIME = 'onnxruntime-node'

/**
 * Loads transformers.js: from beside rep, else from the working directory. Rejects with REP_ENVIRONMENT
 * where it is not installed, or not for this platform.
 */
export async function loadTransformers(): Promise<TransformersModule> {
  return fromHere(async (entry) => (await import(pathToFileURL(entry).href)) as TransformersModule)
}

/** Loads the ONNX Runtime that came with transformers.js. Rejects as `loadTransformers`. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  return fromHere(async (entry) => createRequire(entry)(RUNTIME) as OnnxRuntime)
}

async function fromHere<T>(load: (entry: string) => Promise<T>): Promise<T> {
  const reasons: string[] = []
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      // Resolved as CommonJS, since import() cannot resolve from elsewhere; either build will do.
      return await load(createRequire(from).resolve(NAME))
    } catch (error) {
      reasons.push(error instanceof Error ? error.message.split('\n')[0]! : String(error))
    }
  }
  throw new RepError(
    'REP_ENVIRONMENT',
    'Transformers.js, which runs the embedding model, cannot be loaded.',
    {
      details: [
        ...new Set(reasons),
        `Install it beside rep, without the CUDA libraries that it would download: ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save ${NAME}`,
        'Or use --embedder hashing, which needs nothing but knows words only.',
      ],
    },
  )
}
