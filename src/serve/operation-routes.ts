import type { FastifyInstance } from 'fastify'
import * as schemas from './api-schemas.ts'
import type { HttpMetrics } from './http-metrics.ts'
import type { Readiness } from './readiness.ts'

/** What those who operate the service ask it: alive, ready, counts, and its description. */
export function addOperationRoutes(
  app: FastifyInstance,
  check: () => Promise<Readiness>,
  metrics: HttpMetrics,
): void {
  const alive = { type: 'object', properties: { status: { type: 'string' } } }
  app.get(
    '/healthz',
    { schema: { operationId: 'health', summary: 'The process is alive', response: { 200: alive } } },
    async () => ({ status: 'ok' }),
  )
  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'readiness',
        summary: 'Every dependency can be used; 503 names those that cannot',
        response: { 200: schemas.readiness, 503: schemas.readiness },
      },
    },
    async (_request, reply) => {
      const readiness = await check()
      return reply.code(readiness.ready ? 200 : 503).send(readiness)
    },
  )
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Counts in Prometheus’ text format',
        produces: ['text/plain'],
      },
    },
    async (_request, reply) =>
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(metrics.text()),
  )
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
