import type { FastifyReply, FastifyRequest } from 'fastify'

const METHODS = 'GET, POST, DELETE, OPTIONS'
const HEADERS = 'content-type, content-encoding, x-write-key'
const DAY_SECONDS = 86_400

/** Lets pages of these origins send (Fetch standard, CORS protocol); others are answered without its headers. */
export function allowOrigin(
  origins: readonly string[],
): (request: FastifyRequest, reply: FastifyReply) => void {
  const any = origins.includes('*')
  return (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined) return
    if (any) reply.header('access-control-allow-origin', '*')
    else {
      reply.header('vary', 'Origin')
      if (!origins.includes(origin)) return
      reply.header('access-control-allow-origin', origin)
    }
    reply.header('access-control-expose-headers', 'retry-after')
  }
}

/** Answers the question that a browser asks before it sends. */
export async function answerPreflight(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('access-control-allow-methods', METHODS).header('access-control-allow-headers', HEADERS)
  await reply.header('access-control-max-age', DAY_SECONDS).code(204).send()
}
