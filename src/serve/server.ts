import type { AddressInfo } from 'node:net'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import type { PipelineSettings } from '../config/scenario.ts'
import { PRODUCT_INDEX } from '../domain/indexes.ts'
import { RepError } from '../errors/rep-error.ts'
import type { Stack } from '../ports/stack.ts'
import { createRecommender } from '../stages/recommend/recommender.ts'
import { problemHandler } from './api-problems.ts'
import { HttpMetrics } from './http-metrics.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { addRecommendRoutes } from './recommend-routes.ts'

export interface ServerOptions {
  readonly stack: Pick<Stack, 'keyValue' | 'vectors' | 'embedder'>
  readonly settings: PipelineSettings['recommend']
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
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await stopRefreshing()
    await app.close()
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new RepError('REP_PORT_IN_USE', `port ${port} on ${host} is in use by another process`, { cause })
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RepError('REP_ENVIRONMENT', `cannot listen on ${host}, port ${port}: ${why}`, { cause })
  }
  const address = app.server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: async () => {
      await stopRefreshing()
      await app.close()
    },
  }
}

async function buildApp({ stack, settings, log = logToStderr }: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    // A misspelt parameter is an error, not ignored; and ids may hold anything but a slash.
    ajv: { customOptions: { removeAdditional: false } },
    routerOptions: { maxParamLength: 1000 },
    forceCloseConnections: 'idle',
  })
  const metrics = new HttpMetrics()
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'rep recommendations',
        version: '1',
        description: 'Recommendations from live preferences.',
      },
    },
  })
  app.setErrorHandler(problemHandler(log))
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ code: 'REP_NOT_FOUND', message: `There is no ${request.method} ${request.url}.` })
  })
  app.addHook('onResponse', (request, reply, done) => {
    metrics.request(request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1e3)
    done()
  })
  addRecommendRoutes(app, createRecommender(stack, settings), metrics)
  addOperationRoutes(app, stack, metrics)
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

function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}
