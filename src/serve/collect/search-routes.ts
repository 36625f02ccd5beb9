import type { FastifyInstance } from 'fastify'
import { LONGEST_ID } from '../../stages/collect/click-event.ts'
import { isObject, type Json } from '../../stages/collect/fields.ts'
import type { Admission } from './admission.ts'
import { answerItems } from './answer-items.ts'
import type { CollectHttp } from './collect-http.ts'
import * as schemas from './collect-schemas.ts'
import { OneEvent, pathId, refusedFor, userOf } from './one-event.ts'

type User = { Params: { userId: string } }
const PATH = '/v1/users/:userId/recent-searches'

/** Searches, and what a user searched for last. */
export function addSearchRoutes(scope: FastifyInstance, http: CollectHttp, admission: Admission): void {
  const one = new OneEvent(http, admission)
  const { searches } = http.collect
  scope.post(
    '/v1/search',
    { schema: { operationId: 'search', summary: 'Note a search', ...schemas.search } },
    async (request, reply) => {
      const body = await one.body(request)
      const query = queryOf(body)
      // First: who has to send again changes nothing by it, where a second event would be one too many.
      await searches.add(userOf(body), { query, at: request.sender!.receivedMs })
      const { properties = {} } = body
      const event = { ...body, event_type: 'search' }
      const result = isObject(properties) ? { ...event, properties: { ...properties, query } } : event
      return answerItems(reply, [await one.take(request, result)])
    },
  )
  scope.get<User>(
    PATH,
    {
      schema: { operationId: 'recentSearches', summary: 'Last searches, newest first', ...schemas.searches },
    },
    async ({ params }) => {
      const list = await searches.list(pathId(params.userId), Date.now())
      return {
        user_id: params.userId,
        searches: list.map(({ query, at }) => ({ query, at: new Date(at).toISOString() })),
      }
    },
  )
  scope.delete<User>(
    PATH,
    { schema: { operationId: 'forgetSearches', summary: 'Forget all searches', ...schemas.forgetAll } },
    async ({ params }, reply) => {
      await searches.clear(pathId(params.userId), Date.now())
      return reply.code(204).send()
    },
  )
  scope.delete<{ Params: { userId: string; query: string } }>(
    `${PATH}/:query`,
    { schema: { operationId: 'forgetSearch', summary: 'Forget one search', ...schemas.forgetOne } },
    async ({ params: { userId, query } }, reply) => {
      if (await searches.remove(pathId(userId), query, Date.now())) return reply.code(204).send()
      const message = `${JSON.stringify(query)} is none of the last searches.`
      return reply.code(404).send({ code: 'REP_NOT_FOUND', message, in: 'path', pointer: '/query' })
    },
  )
}

/** What was searched for: `query`, also where the rich shape has it. Throws Refused. */
function queryOf(body: Json): string {
  const { properties } = body
  const given = body.query ?? (isObject(properties) ? properties.query : undefined)
  const query = typeof given === 'string' ? given.trim() : ''
  if (query !== '' && query.length <= LONGEST_ID) return query
  throw refusedFor({ pointer: '/query', message: `must be text of 1 to ${LONGEST_ID} characters` })
}
