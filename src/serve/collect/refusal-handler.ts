import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { RepError } from '../../errors/rep-error.ts'
import type { Collector } from '../../stages/collect/collector.ts'
import { problemHandler } from '../api-problems.ts'
import type { Admission } from './admission.ts'
import { Refused } from './refused.ts'
import type { UnreadTally } from './unread-tally.ts'

/** After this the service that was down may be up again. */
export const RETRY_SECONDS = 5

export interface RefusalSurroundings {
  readonly collector: Collector
  readonly admission: Admission
  readonly tally: UnreadTally
  readonly log: (line: string) => void
}

/**
 * Answers requests that are not taken as a whole, and sees to it that nothing vanishes: what its sender will
 * not send again is kept as a bad event before it hears so; what was not read is counted.
 */
export function refusalHandler({ collector, admission, tally, log }: RefusalSurroundings) {
  const answerProblem = problemHandler(log)
  return async (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const refused = asRefused(error)
    if (refused === null) return answerFailure(error, request, reply)
    if (refused.unread) tally.add(refused.status, admission.senderName(request) ?? 'unknown')
    else {
      try {
        await keep(refused, request)
      } catch (failure) {
        return answerFailure(failure as Error, request, reply)
      }
    }
    if (refused.retryAfterSeconds !== null) reply.header('retry-after', refused.retryAfterSeconds)
    const { status, message, faults } = refused
    const pointer = faults[0]?.pointer
    const where = pointer === undefined ? {} : { in: 'body', pointer, faults }
    return reply.code(status).send({ code: 'REP_USAGE', message, ...where })
  }

  function answerFailure(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (error instanceof RepError && error.retryable) reply.header('retry-after', RETRY_SECONDS)
    answerProblem(error, request, reply)
    return reply
  }

  async function keep({ status, message }: Refused, request: FastifyRequest): Promise<void> {
    if (request.sender === null) return
    const announced = Number(request.headers['content-length'])
    await collector.refuse(
      {
        status,
        reason: message,
        contentType: request.headers['content-type'] ?? null,
        contentEncoding: request.headers['content-encoding'] ?? null,
        body: request.body instanceof Buffer ? request.body : null,
        announcedBytes: Number.isSafeInteger(announced) ? announced : null,
      },
      request.sender,
    )
  }
}

function asRefused(error: FastifyError | Error): Refused | null {
  if (error instanceof Refused) return error
  // JSON that is nested by the hundred thousand can be read, but not be written again.
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new Refused(400, 'The body is nested too deeply.')
  }
  const { statusCode } = error as Partial<FastifyError>
  if (statusCode === 413) return new Refused(413, 'The body is too large.')
  return statusCode === 400 ? new Refused(400, error.message) : null
}
