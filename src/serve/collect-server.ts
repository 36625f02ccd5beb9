import type { Stack } from '../ports/stack.ts'
import type { CollectHttp } from './collect/collect-http.ts'
import { addCollectRoutes } from './collect/collect-routes.ts'
import { createHttpApp, listen, logToStderr } from './http-app.ts'
import { HttpMetrics } from './http-metrics.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { checkCollectReadiness } from './readiness.ts'
import type { Server } from './server.ts'

export interface CollectServerOptions {
  readonly stack: Pick<Stack, 'keyValue'>
  readonly collect: CollectHttp
  /** Default: loopback only. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  /** One line per failed request. Default: stderr. */
  readonly log?: (line: string) => void
}

/** Serves the collector alone. Rejects with REP_PORT_IN_USE when the port is taken. */
export async function startCollectServer(options: CollectServerOptions): Promise<Server> {
  const { stack, collect, host = '127.0.0.1', port, log = logToStderr } = options
  const metrics = new HttpMetrics()
  const description = 'Takes clickstream events into the pipeline.'
  const app = await createHttpApp({ title: 'rep collector', description, metrics, log })
  await addCollectRoutes(app, collect, { metrics, log })
  addOperationRoutes(app, () => checkCollectReadiness(stack, collect.collect.spool), metrics)
  const close = async (): Promise<void> => {
    await app.close()
  }
  try {
    return { url: await listen(app, { host, port }), close }
  } catch (error) {
    await close()
    throw error
  }
}
