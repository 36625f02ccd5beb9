import type { FastifyInstance } from 'fastify'
import type { Embedder } from '../../ports/embedder.ts'
import { createHttpApp, listen } from '../http-app.ts'
import { HttpMetrics } from '../http-metrics.ts'
import { addOperationRoutes } from '../operation-routes.ts'
import type { Server } from '../server.ts'
import { type EmbedderFigures, EmbedServiceFigures } from './embed-figures.ts'
import { addEmbedRoutes } from './embed-routes.ts'
import { statsAnswer } from './embed-schemas.ts'

export interface EmbedServerOptions {
  /** Stays the caller's. */
  readonly embedder: Embedder
  figures(): EmbedderFigures
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  log(line: string): void
}

/** A hundred long texts. */
const BODY_BYTES = 16 * 1024 * 1024

/** Serves an embedder over HTTP. Rejects with REP_PORT_IN_USE when the port is taken. */
export async function startEmbedServer(options: EmbedServerOptions): Promise<Server> {
  const app = await buildApp(options)
  const close = async (): Promise<void> => {
    await app.close()
  }
  try {
    return { url: await listen(app, options), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function buildApp({ embedder, figures, log }: EmbedServerOptions): Promise<FastifyInstance> {
  const metrics = new HttpMetrics()
  const counted = new EmbedServiceFigures(figures)
  const app = await createHttpApp({
    title: 'rep embeddings',
    description: 'Vectors of texts by a sentence model.',
    metrics,
    log,
    strictTypes: true,
    bodyBytes: BODY_BYTES,
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (request.method === 'POST') counted.answered(reply.elapsedTime)
    done()
  })
  addEmbedRoutes(app, embedder)
  metrics.add(() => counted.lines())
  addOperationRoutes(app, () => readinessOf(embedder), metrics)
  app.get(
    '/stats',
    { schema: { operationId: 'stats', summary: 'Counts and latencies', response: { 200: statsAnswer } } },
    async () => ({ ...embedder.capabilities, ...counted.stats() }),
  )
  await app.ready()
  return app
}

/** Long enough for a full queue to drain; who asks for readiness seldom waits longer. */
const READY_MS = 5000

/** Asks for a text that no cache holds, so that the model itself has to answer. */
async function readinessOf(embedder: Embedder) {
  const model = await outcomeOf(async () => {
    const text = `ready at ${process.hrtime.bigint()}`
    const { fallback } = await embedder.embed([text], { signal: AbortSignal.timeout(READY_MS) })
    return fallback === null ? 'ok' : `answered by ${fallback} in its place`
  })
  return { ready: model === 'ok', checks: { model } }
}

async function outcomeOf(check: () => Promise<string>): Promise<string> {
  try {
    return await check()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
