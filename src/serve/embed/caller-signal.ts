import type { FastifyReply } from 'fastify'

/**
 * Aborted when the caller hangs up before the answer. Fastify's own request signal is no good for requests with
 * a body: it is aborted as soon as the body was read.
 */
export function callerSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  return gone.signal
}
