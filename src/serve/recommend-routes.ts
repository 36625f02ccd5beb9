import type { FastifyInstance } from 'fastify'
import type { RecommendationQuery } from '../stages/recommend/recommendation.ts'
import type { Recommender } from '../stages/recommend/recommender.ts'
import type { Problem } from './api-problems.ts'
import * as schemas from './api-schemas.ts'
import type { HttpMetrics } from './http-metrics.ts'

const failures = { 400: schemas.problem, 500: schemas.problem, 503: schemas.problem }

/** The recommendation endpoints. */
export function addRecommendRoutes(
  app: FastifyInstance,
  recommender: Recommender,
  metrics: HttpMetrics,
): void {
  app.get<{ Params: { userId: string }; Querystring: RecommendationQuery & { since?: string } }>(
    '/v1/users/:userId/recommendations',
    {
      schema: {
        operationId: 'recommend',
        summary: 'Products for a user',
        params: schemas.userParams,
        querystring: schemas.recommendQueryString,
        response: { 200: schemas.recommendation, 204: schemas.nothingNewer, ...failures },
      },
    },
    async ({ params, query }, reply) => {
      const problem = priceProblem(query)
      if (problem !== null) return reply.code(400).send(problem)
      const { since } = query
      const answer =
        since === undefined
          ? await recommender.recommend(params.userId, query)
          : await recommender.recommendSince(params.userId, query, since)
      if (answer === null) return reply.code(204).send()
      metrics.recommended(answer.path)
      return answer
    },
  )
  app.get<{ Params: { productId: string }; Querystring: RecommendationQuery }>(
    '/v1/products/:productId/similar',
    {
      schema: {
        operationId: 'similar',
        summary: 'Products like a product',
        params: schemas.productParams,
        querystring: schemas.queryString,
        response: { 200: schemas.similarProducts, 404: schemas.problem, ...failures },
      },
    },
    async ({ params, query }, reply) => {
      const problem = priceProblem(query)
      if (problem !== null) return reply.code(400).send(problem)
      const answer = await recommender.similar(params.productId, query)
      if (answer !== null) return answer
      const message = `There is no product ${JSON.stringify(params.productId)}.`
      return reply.code(404).send({ code: 'REP_NOT_FOUND', message, in: 'path', pointer: '/productId' })
    },
  )
}

function priceProblem({ minPrice, maxPrice }: RecommendationQuery): Problem | null {
  if (minPrice === undefined || maxPrice === undefined || minPrice <= maxPrice) return null
  const message = `/maxPrice must be >= minPrice (${minPrice})`
  return { code: 'REP_USAGE', message, in: 'query', pointer: '/maxPrice' }
}
