import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { RepError } from '../../../errors/rep-error.ts'
import { castsInt8Weights } from './int8-weights.ts'

/** Precisions of the weights, most wanted first, each with the file that holds them. */
export const WEIGHTS = {
  q8: 'model_quantized.onnx',
  int8: 'model_int8.onnx',
  uint8: 'model_uint8.onnx',
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
  bnb4: 'model_bnb4.onnx',
} as const

/** Other files hold no int8 weights, and need not be read to know. */
const INT8_FILES: readonly string[] = [WEIGHTS.q8, WEIGHTS.int8]

export type Dtype = keyof typeof WEIGHTS
export const DTYPES = Object.keys(WEIGHTS) as readonly Dtype[]

/**
 * In what a model multiplies: `int8` where the file has int8 weights that its graph would cast to float32 first,
 * `file` as its graph says.
 */
export const ARITHMETICS = ['int8', 'file'] as const
export type Arithmetic = (typeof ARITHMETICS)[number]

/** How the vectors of a text's tokens become one. */
export type Pooling = 'mean' | 'cls'

/** A model that is there, and what its files say of it; survives a structured clone. */
export interface ModelFiles {
  /** As the user named it. */
  readonly model: string
  readonly directory: string
  readonly dtype: Dtype
  readonly arithmetic: Arithmetic
  readonly dims: number
  /** Tokens that it reads of a text; the rest is cut off. */
  readonly maxTokens: number
  readonly pooling: Pooling
}

export interface ModelChoice {
  /** Name, e.g. `Xenova/multilingual-e5-base`: also its directory below the models’. */
  readonly model: string
  /** Default: the first of `DTYPES` whose weights are there. */
  readonly dtype?: Dtype | undefined
  /** Default: `int8` where the file's graph allows it. */
  readonly arithmetic?: Arithmetic | undefined
}

/** Finds a model below a directory of models; null where it is not there, or not whole. */
export function findModel(choice: ModelChoice, root: string): ModelFiles | null {
  return firstOf(choice, [join(root, choice.model)])
}

/** Finds a model in the cache that Hugging Face's own tools share; null where it is not there. */
export function findCachedModel(choice: ModelChoice): ModelFiles | null {
  const snapshots = join(hubCache(choice.model), 'snapshots')
  if (!existsSync(snapshots)) return null
  return firstOf(
    choice,
    readdirSync(snapshots).map((revision) => join(snapshots, revision)),
  )
}

/** Where the hub's cache of this user has a model. */
export function hubCache(model: string): string {
  const hub = join(process.env.HF_HOME || join(homedir(), '.cache', 'huggingface'), 'hub')
  return join(hub, `models--${model.replaceAll('/', '--')}`)
}

function firstOf(choice: ModelChoice, candidates: readonly string[]): ModelFiles | null {
  for (const directory of candidates) {
    const dtype = dtypeIn(directory, choice.dtype)
    if (dtype !== null) return describeModel(choice, directory, dtype)
  }
  return null
}

/** What every model's directory holds beside its weights. */
export const REQUIRED = ['config.json', 'tokenizer.json', 'tokenizer_config.json']

function dtypeIn(directory: string, wanted: Dtype | undefined): Dtype | null {
  if (!REQUIRED.every((file) => existsSync(join(directory, file)))) return null
  const there = (dtype: Dtype): boolean => existsSync(join(directory, 'onnx', WEIGHTS[dtype]))
  return (wanted === undefined ? DTYPES : [wanted]).find(there) ?? null
}

interface ModelConfig {
  readonly model_type?: string
  readonly hidden_size?: number
  readonly d_model?: number
  readonly dim?: number
  readonly max_position_embeddings?: number
}

const MOST_TOKENS = 512

function describeModel(choice: ModelChoice, directory: string, dtype: Dtype): ModelFiles {
  const config = readJson<ModelConfig>(join(directory, 'config.json'))
  const { model_max_length: told = MOST_TOKENS } = readJson<{ model_max_length?: number }>(
    join(directory, 'tokenizer_config.json'),
  )
  const dims = config.hidden_size ?? config.d_model ?? config.dim
  if (dims === undefined || !Number.isInteger(dims) || dims < 1) {
    throw new RepError('REP_ENVIRONMENT', `${join(directory, 'config.json')} names no hidden_size.`)
  }
  const positions = config.max_position_embeddings ?? MOST_TOKENS
  // RoBERTa's positions begin after the padding's, so two fewer are left for tokens.
  const usable = /roberta/.test(config.model_type ?? '') ? positions - 2 : positions
  const maxTokens = Math.min(told, usable, MOST_TOKENS)
  const arithmetic = arithmeticOf(choice.arithmetic, join(directory, 'onnx', WEIGHTS[dtype]))
  return { model: choice.model, directory, dtype, arithmetic, dims, maxTokens, pooling: poolingOf(directory) }
}

function arithmeticOf(wanted: Arithmetic | undefined, file: string): Arithmetic {
  if (wanted === 'file') return wanted
  const possible = INT8_FILES.includes(basename(file)) && readFrom(file, (bytes) => castsInt8Weights(bytes))
  if (wanted === undefined || possible) return possible ? 'int8' : 'file'
  throw new RepError(
    'REP_ENVIRONMENT',
    `${file} has no int8 weights that its graph casts to float32: there is nothing to multiply in int8.`,
  )
}

/** Sentence-transformers keep it beside the model; without a word of it, it is the mean. */
function poolingOf(directory: string): Pooling {
  const file = join(directory, '1_Pooling', 'config.json')
  if (!existsSync(file)) return 'mean'
  return readJson<{ pooling_mode_cls_token?: boolean }>(file).pooling_mode_cls_token === true ? 'cls' : 'mean'
}

function readJson<T>(file: string): T {
  return readFrom(file, (bytes) => JSON.parse(bytes.toString()) as T)
}

function readFrom<T>(file: string, read: (bytes: Buffer) => T): T {
  try {
    return read(readFileSync(file))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RepError('REP_ENVIRONMENT', `${file} cannot be read: ${why}`, { cause })
  }
}
