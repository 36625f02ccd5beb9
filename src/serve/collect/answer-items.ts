import type { FastifyReply } from 'fastify'
import type { ItemResult } from '../../stages/collect/collector.ts'
import { RETRY_SECONDS } from './refusal-handler.ts'

/**
 * 202 where any event is durable, with what became of each; else 503 where any may be sent again, else 400 with
 * every fault.
 */
export function answerItems(reply: FastifyReply, results: readonly ItemResult[]): FastifyReply {
  let accepted = 0
  let failed = 0
  for (let i = 0; i < results.length; i++) {
    const { status } = results[i]!
    if (status === 'accepted') accepted++
    else if (status === 'failed') failed++
  }
  const counts = { accepted, rejected: results.length - accepted - failed, failed }
  if (accepted > 0) return reply.code(202).send({ ...counts, results })
  const problem = failed > 0 ? unavailable(results) : faulty(results)
  if (failed > 0) reply.header('retry-after', RETRY_SECONDS)
  return reply.code(failed > 0 ? 503 : 400).send({ ...problem, ...counts, results })
}

function unavailable(results: readonly ItemResult[]): object {
  const failed = results.find((result) => result.status === 'failed')
  return { code: 'REP_LOG_UNAVAILABLE', message: failed?.message ?? '' }
}

function faulty(results: readonly ItemResult[]): object {
  const faults = results.flatMap((result) => (result.status === 'rejected' ? result.faults : []))
  const first = faults[0]!
  return {
    code: 'REP_USAGE',
    message: `${first.pointer} ${first.message}`,
    in: 'body',
    pointer: first.pointer,
    faults,
  }
}
