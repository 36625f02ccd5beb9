import { workerData } from 'node:worker_threads'
import type { ModelFiles } from '../../drivers/embedder/transformers/model-files.ts'
import { SentenceModel } from '../../drivers/embedder/transformers/sentence-model.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { EmbedAnswer } from '../embed/embed-pool.ts'

let loading: Promise<SentenceModel> | null = null

/** One batch. Errors are answers: what rejects is a thread that died. */
export default async function embed(texts: readonly string[]): Promise<EmbedAnswer> {
  try {
    loading ??= SentenceModel.load(filesOf(workerData))
    const model = await loading
    return { ok: true, ...(await model.embed(texts)) }
  } catch (error) {
    const known = error instanceof RepError ? error : null
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, code: known?.code ?? 'REP_INTERNAL', message, details: known?.details ?? [] }
  }
}

/** Piscina keeps a task's data and its own together. */
function filesOf(data: unknown): ModelFiles {
  return (Array.isArray(data) ? data[1] : data) as ModelFiles
}
