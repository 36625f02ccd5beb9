import { findModel, hubCache, type ModelChoice, type ModelFiles } from './model-files.ts'
import { modelMissing } from './model-missing.ts'
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
  const reasons = [`It is not in this user’s hub cache either: ${hubCache(choice.model)}.`]
  try {
    await AutoTokenizer.from_pretrained(choice.model)
    const model = await AutoModel.from_pretrained(choice.model, {
      dtype: choice.dtype ?? 'q8',
      device: 'cpu',
    })
    await model.dispose()
  } catch (error) {
    reasons.push(
      `It could not be fetched from ${env.remoteHost}: ${whyOf(error)}`,
      'HF_ENDPOINT names another hub.',
    )
  }
  const files = findModel(choice, root)
  if (files === null) throw modelMissing(choice, root, reasons)
  return files
}

/** “fetch failed” alone says nothing; its cause does. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${whyOf(error.cause)})` : error.message
}
