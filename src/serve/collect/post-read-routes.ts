import type { FastifyInstance } from 'fastify'
import type { PostIndex } from '../../stages/collect/post-index.ts'
import * as schemas from './collect-schemas.ts'
import { pathId, refusedFor } from './one-event.ts'

const DEFAULT_LIMIT = 20
const MOST_LISTED = 100

/** Posts out of the post index. */
export function addPostReadRoutes(scope: FastifyInstance, posts: PostIndex): void {
  scope.get<{ Params: { postId: string } }>(
    '/v1/posts/:postId',
    { schema: { operationId: 'post', summary: 'One post', ...schemas.post } },
    async ({ params }, reply) => {
      const post = await posts.get(pathId(params.postId))
      if (post !== null) return post
      const message = `There is no post ${JSON.stringify(params.postId)}.`
      return reply.code(404).send({ code: 'REP_NOT_FOUND', message, in: 'path', pointer: '/postId' })
    },
  )
  scope.get<{ Querystring: Record<string, unknown> }>(
    '/v1/posts',
    { schema: { operationId: 'posts', summary: 'The newest posts of a category', ...schemas.posts } },
    async ({ query }) => ({ posts: await posts.newest(categoryOf(query), limitOf(query)) }),
  )
}

function categoryOf({ category }: Record<string, unknown>): string {
  if (typeof category === 'string' && category !== '') return pathId(category)
  throw refusedFor({ pointer: '/category', message: 'must be given' })
}

function limitOf({ limit }: Record<string, unknown>): number {
  const wanted = limit === undefined ? DEFAULT_LIMIT : Number(limit)
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST_LISTED) return wanted
  throw refusedFor({ pointer: '/limit', message: `must be a whole number from 1 to ${MOST_LISTED}` })
}
