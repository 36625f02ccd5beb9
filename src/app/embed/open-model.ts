import { resolve } from 'node:path'
import { downloadModel } from '../../drivers/embedder/transformers/download-model.ts'
import {
  type Arithmetic,
  type Dtype,
  findCachedModel,
  findModel,
  type ModelFiles,
} from '../../drivers/embedder/transformers/model-files.ts'
import { modelMissing } from '../../drivers/embedder/transformers/model-missing.ts'
import { TransformersEmbedder } from '../../drivers/embedder/transformers/transformers.ts'
import type { Home } from '../home.ts'
import { openEmbedPool } from './embed-pool.ts'

export { ARITHMETICS, DTYPES } from '../../drivers/embedder/transformers/model-files.ts'

/** The ONNX weights of `intfloat/multilingual-e5-base`. */
export const DEFAULT_MODEL = 'Xenova/multilingual-e5-base'

/** Which model, where it is, and how many threads compute with it. */
export interface ModelWish {
  readonly model: string
  /** Directory that holds the model's; without it, rep's own, the hub's cache, and the hub are looked in. */
  readonly modelPath?: string | undefined
  readonly dtype?: Dtype | undefined
  readonly arithmetic?: Arithmetic | undefined
  readonly threads?: number | undefined
  readonly home: Pick<Home, 'models'>
  log(line: string): void
}

/** Finds a model, or fetches it where no directory was named. Rejects with REP_ENVIRONMENT where there is none. */
export async function resolveModel({ modelPath, home, log, ...choice }: ModelWish): Promise<ModelFiles> {
  const { model } = choice
  const root = modelPath === undefined ? home.models : resolve(modelPath)
  const found = findModel(choice, root)
  if (found !== null) return found
  if (modelPath !== undefined) throw modelMissing(choice, root, [])
  const cached = findCachedModel(choice)
  if (cached !== null) return cached
  log(`Fetching ${model} into ${root} …`)
  return downloadModel(choice, root)
}

/** A model in its threads, warmed up. */
export async function openModel(wish: ModelWish): Promise<TransformersEmbedder> {
  const files = await resolveModel(wish)
  return new TransformersEmbedder(files, await openEmbedPool(files, wish))
}
