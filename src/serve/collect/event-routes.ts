import type { FastifyInstance } from 'fastify'
import { clockSkewMs } from '../../stages/collect/event-time.ts'
import type { Admission } from './admission.ts'
import { answerItems } from './answer-items.ts'
import type { CollectHttp } from './collect-http.ts'
import * as schemas from './collect-schemas.ts'
import { readBody } from './read-body.ts'
import { readEnvelope } from './read-envelope.ts'

/** `POST /v1/events`: one event, or up to 1,000. */
export function addEventRoutes(scope: FastifyInstance, http: CollectHttp, admission: Admission): void {
  const { collector } = http.collect
  scope.post(
    '/v1/events',
    {
      schema: {
        operationId: 'collect',
        summary: 'Take events: one, a list, or a list with the time of sending',
        description: 'Answers when each event is durable, or kept as a bad event with its faults.',
        consumes: ['application/json', 'text/plain'],
        body: schemas.events,
        response: { 202: schemas.results, ...schemas.failures },
      },
    },
    async (request, reply) => {
      const sender = request.sender!
      const envelope = readEnvelope(await readBody(request, http.bodyLimitBytes))
      admission.took(request, sender, envelope.events.length)
      const skewMs = clockSkewMs(envelope.sentMs, sender.receivedMs)
      const results = await collector.collect(envelope.events, envelope.pointer, { ...sender, skewMs })
      return answerItems(reply, results)
    },
  )
}
