import type { FastifyInstance } from 'fastify'
import type { Sender } from '../../stages/collect/bad-event.ts'
import type { HttpMetrics } from '../http-metrics.ts'
import { Admission } from './admission.ts'
import type { CollectHttp } from './collect-http.ts'
import { collectMetrics } from './collect-metrics.ts'
import { allowOrigin, answerPreflight } from './cors.ts'
import { addEventRoutes } from './event-routes.ts'
import { addPostReadRoutes } from './post-read-routes.ts'
import { addPostRoutes } from './post-routes.ts'
import { refusalHandler } from './refusal-handler.ts'
import { addSdkRoute } from './sdk-route.ts'
import { addSearchRoutes } from './search-routes.ts'
import { UnreadTally } from './unread-tally.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it; null on routes that are open to everybody. */
    sender: Sender | null
  }
  interface FastifyContextConfig {
    /** Neither a write key nor a rate holds here. */
    readonly open?: boolean
  }
}

export interface CollectSurroundings {
  readonly metrics: HttpMetrics
  readonly log: (line: string) => void
}

/** The collector's endpoints, with rules of their own for bodies, senders and faults. */
export async function addCollectRoutes(
  app: FastifyInstance,
  http: CollectHttp,
  { metrics, log }: CollectSurroundings,
): Promise<void> {
  const { collect, bodyLimitBytes, origins } = http
  const admission = new Admission(http)
  const tally = new UnreadTally(collect.collector, log)
  const allow = allowOrigin(origins)
  metrics.add(() => collectMetrics(collect))
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
      (_request, body, done) => done(null, body),
    )
    // Schemas describe here; reading an event finds its faults, every one of them.
    scope.setValidatorCompiler(() => () => true)
    scope.decorateRequest('sender', null)
    scope.addHook('onRequest', async (request, reply) => {
      allow(request, reply)
      if (request.routeOptions.config.open !== true) request.sender = admission.admit(request, Date.now())
    })
    scope.setErrorHandler(refusalHandler({ collector: collect.collector, admission, tally, log }))
    scope.options('/v1/*', { schema: { hide: true }, config: { open: true } }, answerPreflight)
    addEventRoutes(scope, http, admission)
    addPostRoutes(scope, http, admission)
    if (collect.posts !== null) addPostReadRoutes(scope, collect.posts)
    addSearchRoutes(scope, http, admission)
    addSdkRoute(scope)
  })
  app.addHook('onClose', () => tally.close())
}
