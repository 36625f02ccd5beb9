import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isObject, type Json } from '../../stages/collect/fields.ts'
import type { Admission } from './admission.ts'
import { answerItems } from './answer-items.ts'
import type { CollectHttp } from './collect-http.ts'
import * as schemas from './collect-schemas.ts'
import { OneEvent, pathId, userOf } from './one-event.ts'

type PostRequest = FastifyRequest<{ Params: { postId: string } }>

/** Likes and views of posts. A post is an item like a product: its id is the event's product id, and its post id. */
export function addPostRoutes(scope: FastifyInstance, http: CollectHttp, admission: Admission): void {
  const one = new OneEvent(http, admission)
  const { likes } = http.collect

  async function like(request: PostRequest, reply: FastifyReply, body: Json): Promise<FastifyReply> {
    const liked = request.method === 'POST'
    const postId = pathId(request.params.postId)
    const step = await likes.next({ postId, userId: userOf(body) }, liked)
    if (step === null) return reply.code(200).send({ liked, changed: false })
    const type = liked ? 'like' : 'unlike'
    const event = eventAbout(postId, { ...body, event_id: step.eventId, event_type: type })
    const result = await one.take(request, event)
    if (result.status !== 'accepted') return answerItems(reply, [result])
    await likes.settle(step)
    return reply.code(202).send({ liked, changed: true, event_id: result.event_id })
  }

  scope.post<{ Params: { postId: string } }>(
    '/v1/posts/:postId/like',
    { schema: { operationId: 'like', summary: 'Like a post; again changes nothing', ...schemas.like } },
    async (request, reply) => like(request, reply, await one.body(request)),
  )
  scope.delete<{ Params: { postId: string }; Querystring: Record<string, unknown> }>(
    '/v1/posts/:postId/like',
    { schema: { operationId: 'unlike', summary: 'Take a like back', ...schemas.unlike } },
    async (request, reply) => {
      const { user_id, session_id, timestamp } = request.query
      return like(request as PostRequest, reply, { user_id, session_id, timestamp })
    },
  )
  scope.post<{ Params: { postId: string } }>(
    '/v1/posts/:postId/view',
    { schema: { operationId: 'view', summary: 'View a post', ...schemas.view } },
    async (request, reply) => {
      const body = await one.body(request)
      const event = eventAbout(pathId(request.params.postId), { ...body, event_type: 'view' })
      return answerItems(reply, [await one.take(request, event)])
    },
  )
}

/** The event with the post in its properties; properties that are no object stay, to be found at fault. */
function eventAbout(postId: string, event: Json): Json {
  const { properties = {} } = event
  const post = { product_id: postId, post_id: postId }
  return isObject(properties) ? { ...event, properties: { ...properties, ...post } } : event
}
