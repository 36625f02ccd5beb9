import type { FastifyRequest } from 'fastify'
import { type Fault, LONGEST_ID } from '../../stages/collect/click-event.ts'
import type { ItemResult } from '../../stages/collect/collector.ts'
import { Fields, isObject, type Json } from '../../stages/collect/fields.ts'
import type { Admission } from './admission.ts'
import type { CollectHttp } from './collect-http.ts'
import { readBody } from './read-body.ts'
import { Refused } from './refused.ts'

/** Endpoints that take one event of a kind that their path names. */
export class OneEvent {
  readonly #http: CollectHttp
  readonly #admission: Admission

  constructor(http: CollectHttp, admission: Admission) {
    this.#http = http
    this.#admission = admission
  }

  /** A body that must be a JSON object. Throws Refused. */
  async body(request: FastifyRequest): Promise<Json> {
    const body = await readBody(request, this.#http.bodyLimitBytes)
    if (isObject(body)) return body
    throw refusedFor({ pointer: '', message: 'must be an object' })
  }

  /** Takes the event of a request. */
  async take(request: FastifyRequest, event: Json): Promise<ItemResult> {
    const sender = request.sender!
    this.#admission.took(request, sender, 1)
    const [result] = await this.#http.collect.collector.collect([event], () => '', { ...sender, skewMs: 0 })
    return result!
  }
}

/** The user that a body, or a query, is of. Throws Refused where it names none. */
export function userOf(source: Json): string {
  const faults: Fault[] = []
  const userId = new Fields(source, '', faults).requiredId('user_id')
  if (faults.length > 0) throw refusedFor(faults[0]!)
  return userId
}

export function refusedFor(fault: Fault): Refused {
  return new Refused(400, `${fault.pointer} ${fault.message}.`.trim(), { faults: [fault] })
}

/** An id out of a path. Throws Refused where it is too long. */
export function pathId(id: string): string {
  if (id.length <= LONGEST_ID) return id
  throw new Refused(400, `An id has at most ${LONGEST_ID} characters.`)
}
