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
  readonly AutoModel: { from_pretrained(id: string, options?: LoadOptions): Promise<Model> }
}

export interface LoadOptions {
  readonly dtype?: string
  readonly device?: 'cpu'
  readonly local_files_only?: boolean
  readonly session_options?: { readonly intraOpNumThreads: number; readonly interOpNumThreads: number }
}

export interface TransformersTensor {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

export interface TokenizerOptions {
  readonly padding: boolean
  readonly truncation: boolean
  readonly max_length?: number
}

export type ModelInputs = Readonly<Record<string, TransformersTensor>>
export type Tokenizer = (texts: readonly string[], options: TokenizerOptions) => ModelInputs

export interface Model {
  (inputs: ModelInputs): Promise<Readonly<Record<string, TransformersTensor | undefined>>>
  dispose(): Promise<unknown>
}

const NAME = '@huggingface/transformers'

/**
 * Loads transformers.js: from beside rep, else from the working directory. Rejects with REP_ENVIRONMENT
 * where it is not installed, or not for this platform.
 */
export async function loadTransformers(): Promise<TransformersModule> {
  const reasons: string[] = []
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      // Resolved as CommonJS, since import() cannot resolve from elsewhere; either build will do.
      const entry = createRequire(from).resolve(NAME)
      return (await import(pathToFileURL(entry).href)) as TransformersModule
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
