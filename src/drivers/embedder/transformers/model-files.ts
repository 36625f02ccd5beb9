import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RepError } from '../../../errors/rep-error.ts'

/** Precisions of the weights, most wanted first, each with the file that holds them. */
const WEIGHTS = {
  q8: 'model_quantized.onnx',
  int8: 'model_int8.onnx',
  uint8: 'model_uint8.onnx',
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
  bnb4: 'model_bnb4.onnx',
} as const

export type Dtype = keyof typeof WEIGHTS
export const DTYPES = Object.keys(WEIGHTS) as readonly Dtype[]

/** How the vectors of a text's tokens become one. */
export type Pooling = 'mean' | 'cls'

/** A model that is there, and what its files say of it; survives a structured clone. */
export interface ModelFiles {
  /** As the user named it. */
  readonly model: string
  readonly directory: string
  readonly dtype: Dtype
  readonly dims: number
  /** Tokens that it reads of a text; the rest is cut off. */
  readonly maxTokens: number
  readonly pooling: Pooling
}

export interface ModelChoice {
  /** Name, e.g. `Xenova/multilingual-e5-base`: also its directory below each of the roots. */
  readonly model: string
  /** Default: the first of `DTYPES` whose weights are there. */
  readonly dtype?: Dtype | undefined
}

/** Finds a model below the roots, then in the hub's cache of this user; null where it is in none of them. */
export function findModel(choice: ModelChoice, roots: readonly string[]): ModelFiles | null {
  const candidates = [...roots.map((root) => join(root, choice.model)), ...hubSnapshots(choice.model)]
  for (const directory of candidates) {
    const dtype = dtypeIn(directory, choice.dtype)
    if (dtype !== null) return describeModel(choice.model, directory, dtype)
  }
  return null
}

/** What is thrown where a model was not found: which files were expected, and which of them are missing. */
export function modelMissing({ model, dtype }: ModelChoice, root: string, why: readonly string[]): RepError {
  const directory = join(root, model)
  const weights = `onnx/${WEIGHTS[dtype ?? 'q8']}`
  const mark = (file: string): string => `  ${file}${existsSync(join(directory, file)) ? '' : '  (missing)'}`
  const there = DTYPES.filter((other) => existsSync(join(directory, 'onnx', WEIGHTS[other])))
  return new RepError('REP_ENVIRONMENT', `There is no complete model ${model} in ${root}.`, {
    details: [
      ...why,
      `Expected below ${directory}:`,
      ...[...REQUIRED, weights].map(mark),
      ...(there.length > 0 ? [`Weights that are there: --dtype ${there.join(', ')}.`] : []),
      'These are the files of the model’s repository on huggingface.co; copy them, or name another directory with --model-path.',
    ],
  })
}

const REQUIRED = ['config.json', 'tokenizer.json', 'tokenizer_config.json']

function dtypeIn(directory: string, wanted: Dtype | undefined): Dtype | null {
  if (!REQUIRED.every((file) => existsSync(join(directory, file)))) return null
  const there = (dtype: Dtype): boolean => existsSync(join(directory, 'onnx', WEIGHTS[dtype]))
  return (wanted === undefined ? DTYPES : [wanted]).find(there) ?? null
}

/** Snapshots of a model in the cache that Hugging Face's own tools share. */
function hubSnapshots(model: string): string[] {
  const hub = join(process.env.HF_HOME || join(homedir(), '.cache', 'huggingface'), 'hub')
  const snapshots = join(hub, `models--${model.replaceAll('/', '--')}`, 'snapshots')
  return existsSync(snapshots) ? readdirSync(snapshots).map((revision) => join(snapshots, revision)) : []
}

interface ModelConfig {
  readonly model_type?: string
  readonly hidden_size?: number
  readonly d_model?: number
  readonly dim?: number
  readonly max_position_embeddings?: number
}

const MOST_TOKENS = 512

function describeModel(model: string, directory: string, dtype: Dtype): ModelFiles {
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
  return { model, directory, dtype, dims, maxTokens, pooling: poolingOf(directory) }
}

/** Sentence-transformers keep it beside the model; without a word of it, it is the mean. */
function poolingOf(directory: string): Pooling {
  const file = join(directory, '1_Pooling', 'config.json')
  if (!existsSync(file)) return 'mean'
  return readJson<{ pooling_mode_cls_token?: boolean }>(file).pooling_mode_cls_token === true ? 'cls' : 'mean'
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RepError('REP_ENVIRONMENT', `${file} cannot be read: ${why}`, { cause })
  }
}
