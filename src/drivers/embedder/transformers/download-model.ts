import { join } from 'node:path'
import { findModel, type ModelChoice, type ModelFiles, modelMissing } from './model-files.ts'
import { loadTransformers } from './transformers-module.ts'

/**
 * Fetches a model from the hub (huggingface.co, or HF_ENDPOINT) into `root`, where `findModel` then finds it.
 * Rejects with REP_ENVIRONMENT where it cannot be had, saying which files would do instead.
 */
export async function downloadModel(choice: ModelChoice, root: string): Promise<ModelFiles> {
  const { env, AutoTokenizer, AutoModel } = await loadTransformers()
  env.allowRemoteModels = true
  env.cacheDir = root
  env.localModelPath = root
  const endpoint = process.env.HF_ENDPOINT
  if (endpoint) env.remoteHost = endpoint.endsWith('/') ? endpoint : `${endpoint}/`
  const reasons: string[] = []
  try {
    await AutoTokenizer.from_pretrained(choice.model)
    const model = await AutoModel.from_pretrained(choice.model, {
      dtype: choice.dtype ?? 'q8',
      device: 'cpu',
    })
    await model.dispose()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    reasons.push(`It could not be fetched from ${env.remoteHost}: ${why}`)
  }
  const files = findModel(choice, [root])
  if (files === null) throw modelMissing(choice, join(root), reasons)
  return files
}
