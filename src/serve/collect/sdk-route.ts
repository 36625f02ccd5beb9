import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

/** The browser SDK is served as it was built, also by a service that runs from its sources. */
const BUILT = import.meta.url.endsWith('.ts') ? '../../../dist/src/sdk/tracker.js' : '../../sdk/tracker.js'
const HOUR_SECONDS = 3600

/** `GET /v1/sdk.js`: the browser SDK as a module. */
export function addSdkRoute(scope: FastifyInstance): void {
  let text: Promise<string> | null = null
  scope.get(
    '/v1/sdk.js',
    {
      schema: { operationId: 'sdk', summary: 'The browser SDK', produces: ['text/javascript'] },
      config: { open: true },
    },
    async (_request, reply) => {
      text ??= readFile(new URL(BUILT, import.meta.url), 'utf8')
      reply.header('cache-control', `public, max-age=${HOUR_SECONDS}`)
      return reply.header('content-type', 'text/javascript; charset=utf-8').send(await text)
    },
  )
}
