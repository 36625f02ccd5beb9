import type { AddressInfo } from 'node:net'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { RepError } from '../errors/rep-error.ts'
import { problemHandler } from './api-problems.ts'
import type { HttpMetrics } from './http-metrics.ts'

export interface HttpAppOptions {
  readonly title: string
  readonly description: string
  readonly metrics: HttpMetrics
  /** One line per failed request. */
  readonly log: (line: string) => void
  /** Values of another type are refused, not converted: a number is no text. */
  readonly strictTypes?: boolean
  /** Larger bodies are refused with 413. Default: Fastify's, 1 MiB. */
  readonly bodyBytes?: number
}

/** An HTTP service without routes: what all of rep's services share. */
export async function createHttpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { title, description, metrics, log } = options
  const app = Fastify({
    // A misspelt parameter is an error, not ignored; and ids may hold anything but a slash.
    ajv: {
      customOptions: { removeAdditional: false, ...(options.strictTypes ? { coerceTypes: false } : {}) },
    },
    ...(options.bodyBytes === undefined ? {} : { bodyLimit: options.bodyBytes }),
    routerOptions: { maxParamLength: 1000 },
    forceCloseConnections: 'idle',
  })
  await app.register(swagger, { openapi: { openapi: '3.0.3', info: { title, version: '1', description } } })
  app.setErrorHandler(problemHandler(log))
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ code: 'REP_NOT_FOUND', message: `There is no ${request.method} ${request.url}.` })
  })
  app.addHook('onResponse', (request, reply, done) => {
    metrics.request(request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1e3)
    done()
  })
  return app
}

/** Listens and returns `http://host:port`. Rejects with REP_PORT_IN_USE or REP_ENVIRONMENT. */
export async function listen(app: FastifyInstance, at: { host: string; port: number }): Promise<string> {
  const { host, port } = at
  try {
    await app.listen({ host, port })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new RepError('REP_PORT_IN_USE', `port ${port} on ${host} is in use by another process`, { cause })
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RepError('REP_ENVIRONMENT', `cannot listen on ${host}, port ${port}: ${why}`, { cause })
  }
  const address = app.server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

export function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}
