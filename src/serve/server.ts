import type { FastifyInstance } from 'fastify'
import type { PipelineSettings } from '../config/scenario.ts'
import { PRODUCT_INDEX } from '../domain/indexes.ts'
import type { Sql } from '../ports/sql.ts'
import type { Stack } from '../ports/stack.ts'
import { createRecommender } from '../stages/recommend/recommender.ts'
import type { CollectHttp } from './collect/collect-http.ts'
import { addCollectRoutes } from './collect/collect-routes.ts'
import { addFeatureRoutes } from './feature-routes.ts'
import { createHttpApp, listen, logToStderr } from './http-app.ts'
import { HttpMetrics } from './http-metrics.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { checkReadiness } from './readiness.ts'
import { addRecommendRoutes } from './recommend-routes.ts'
import { addStatisticsRoutes } from './statistics-routes.ts'

export interface ServerOptions {
  readonly stack: Pick<Stack, 'keyValue' | 'vectors' | 'embedder'>
  readonly settings: PipelineSettings['recommend']
  /** Takes events too. */
  readonly collect?: CollectHttp
  /** Serves statistics from this database. */
  readonly sql?: Sql | null
  /** Default: loopback only. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  /** One line per failed request, and per change from refreshing to failing to refresh. Default: stderr. */
  readonly log?: (line: string) => void
}

export interface Server {
  /** `http://host:port`, without a slash at its end. */
  readonly url: string
  /** Answers what was accepted, then closes; the stack stays open. */
  close(): Promise<void>
}

/** Other threads' products, prices and stocks become visible at least this often. */
const REFRESH_MS = 1000

/** Serves recommendations over HTTP. Rejects with REP_PORT_IN_USE when the port is taken. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host = '127.0.0.1', port } = options
  const app = await buildApp(options)
  const stopRefreshing = await keepFresh(options)
  const close = async (): Promise<void> => {
    await stopRefreshing()
    await app.close()
  }
  try {
    return { url: await listen(app, { host, port }), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function buildApp(options: ServerOptions): Promise<FastifyInstance> {
  const { stack, settings, collect, sql = null, log = logToStderr } = options
  const metrics = new HttpMetrics()
  const description = 'Recommendations from live preferences.'
  const app = await createHttpApp({ title: 'rep recommendations', description, metrics, log })
  addRecommendRoutes(app, createRecommender(stack, settings), metrics)
  addFeatureRoutes(app, stack.keyValue)
  if (sql !== null) addStatisticsRoutes(app, { sql, keyValue: stack.keyValue, log })
  addOperationRoutes(app, () => checkReadiness(stack), metrics)
  if (collect !== undefined) await addCollectRoutes(app, collect, { metrics, log })
  await app.ready()
  return app
}

/** Refreshes the index that is searched, now and then one refresh at a time; returns what stops it. */
async function keepFresh({ stack, log = logToStderr }: ServerOptions): Promise<() => Promise<void>> {
  let stopped = false
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let current = Promise.resolve()
  const refresh = async (): Promise<void> => {
    try {
      await stack.vectors.refresh(PRODUCT_INDEX)
      failing = false
    } catch (error) {
      if (!failing)
        log(`refresh failed, will be tried again: ${error instanceof Error ? error.message : error}`)
      failing = true
    }
    if (!stopped) schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(() => {
      current = refresh()
    }, REFRESH_MS)
  }
  // The first refresh loads the index: better before the first request than within it.
  await refresh()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await current
  }
}
