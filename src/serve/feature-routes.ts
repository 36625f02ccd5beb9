import type { FastifyInstance } from 'fastify'
import { featuresKey, recentKey } from '../domain/features/feature-keys.ts'
import type { KeyValue } from '../ports/key-value.ts'
import * as schemas from './api-schemas.ts'

const failures = { 404: schemas.problem, 500: schemas.problem, 503: schemas.problem }

/** The features of a user, as the feature stage stored them. */
export function addFeatureRoutes(app: FastifyInstance, keyValue: KeyValue): void {
  app.get<{ Params: { userId: string } }>(
    '/v1/users/:userId/features',
    {
      schema: {
        operationId: 'features',
        summary: 'Session and window features of a user',
        params: schemas.userParams,
        response: { 200: schemas.userFeatures, ...failures },
      },
    },
    async ({ params: { userId } }, reply) => {
      const [[features = null], [recent = []]] = await Promise.all([
        keyValue.getHashes([featuresKey(userId)]),
        keyValue.getLists([recentKey(userId)]),
      ])
      if (features !== null) return { userId, features, recent }
      const message = `There are no features of user ${JSON.stringify(userId)}.`
      return reply.code(404).send({ code: 'REP_NOT_FOUND', message, in: 'path', pointer: '/userId' })
    },
  )
}
