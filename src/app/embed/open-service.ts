import { CachedEmbedder } from '../../drivers/embedder/cached.ts'
import type { TransformersEmbedder } from '../../drivers/embedder/transformers/transformers.ts'
import type { EmbedderFigures } from '../../serve/embed/embed-figures.ts'
import { startEmbedServer } from '../../serve/embed/embed-server.ts'

import { type CacheStack, openEmbeddingCache } from './embedding-cache.ts'
import { type ModelWish, openModel } from './open-model.ts'

/** A model behind both caches. */
export interface CachedModel {
  readonly embedder: CachedEmbedder
  figures(): EmbedderFigures
  close(): Promise<void>
}

/** Which stack's keys hold the cache that outlives the process; null for none. */
export type CachePlace = CacheStack | null

/** Opens a model with its caches. Rejects with REP_ENVIRONMENT where either cannot be had. */
export async function openCachedModel(wish: ModelWish, place: CachePlace): Promise<CachedModel> {
  const cache = place === null ? null : await openEmbeddingCache(place)
  try {
    const model = await openModel(wish)
    const embedder = new CachedEmbedder(model, { keyValue: cache?.keyValue ?? null })
    const close = async (): Promise<void> => {
      await embedder.close()
      await cache?.close()
    }
    return { embedder, figures: () => figuresOf(model, embedder), close }
  } catch (error) {
    await cache?.close()
    throw error
  }
}

function figuresOf(model: TransformersEmbedder, embedder: CachedEmbedder): EmbedderFigures {
  const { threads, stats } = model
  return { cache: embedder.stats, ...stats, threads, rssBytes: process.memoryUsage.rss() }
}

export interface EmbeddingService {
  readonly url: string
  readonly capabilities: CachedEmbedder['capabilities']
  figures(): EmbedderFigures
  close(): Promise<void>
}

/** A model served over HTTP by this process. */
export async function openEmbeddingService(
  wish: ModelWish,
  options: { readonly host: string; readonly port: number; readonly place: CachePlace },
): Promise<EmbeddingService> {
  const model = await openCachedModel(wish, options.place)
  const { embedder, figures } = model
  const { host, port } = options
  try {
    const server = await startEmbedServer({ embedder, figures, host, port, log: wish.log })
    const close = async (): Promise<void> => {
      await server.close()
      await model.close()
    }
    return { url: server.url, capabilities: embedder.capabilities, figures, close }
  } catch (error) {
    await model.close()
    throw error
  }
}

/** Serves a model until the signal. */
export async function serveEmbeddings(
  wish: ModelWish,
  options: {
    readonly host: string
    readonly port: number
    readonly place: CachePlace
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { signal } = options
  const service = await openEmbeddingService(wish, options)
  try {
    const { model, dims } = service.capabilities
    wish.log(`Serving ${model}, ${dims} dimensions, on ${service.url} (API: ${service.url}/openapi.json)`)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  } finally {
    await service.close()
  }
}
