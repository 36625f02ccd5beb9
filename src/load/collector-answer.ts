import { RepError } from '../errors/rep-error.ts'
import type { AppendFailure } from '../ports/event-log.ts'
import type { Sent } from './in-flight.ts'

/** `{"accepted":…` of an answer in which every event was taken. */
const ALL_TAKEN = /^\{"accepted":(\d+),"rejected":0,"failed":0[,}]/
const HEAD_BYTES = 64
const TAKEN: Sent = {}
/** The collector has not taken the request, and says so. */
const CERTAIN = (status: number): boolean => (status >= 400 && status < 500) || status === 503

/** What an answer of the collector says of a request's events. */
export function readAnswer(status: number, body: Buffer, events: number): Sent {
  if (status === 202) {
    const taken = ALL_TAKEN.exec(body.toString('latin1', 0, HEAD_BYTES))
    if (taken !== null && Number(taken[1]) === events) return TAKEN
  }
  const results = status === 202 || CERTAIN(status) ? resultsOf(body) : null
  if (results?.length === events) return { failures: results.flatMap((result, i) => failureOf(result, i)) }
  const message = `the collector answered ${status}: ${body.toString('utf8', 0, 200)}`
  return allFailed(events, message, !CERTAIN(status))
}

/** No event of the request was taken, or nobody knows. */
export function allFailed(events: number, message: string, indeterminate: boolean): Sent {
  const error = new RepError('REP_LOG_UNAVAILABLE', message)
  return { failures: Array.from({ length: events }, (_, position) => ({ position, error, indeterminate })) }
}

function failureOf(result: unknown, position: number): AppendFailure[] {
  if (typeof result !== 'object' || result === null || !('status' in result)) {
    const error = new RepError('REP_LOG_UNAVAILABLE', 'the collector’s answer does not say what became of it')
    return [{ position, error, indeterminate: true }]
  }
  if (result.status === 'accepted') return []
  const error = new RepError(
    'REP_LOG_UNAVAILABLE',
    `the collector did not take it: ${JSON.stringify(result)}`,
  )
  return [{ position, error, indeterminate: false }]
}

function resultsOf(body: Buffer): readonly unknown[] | null {
  try {
    const answer: unknown = JSON.parse(body.toString())
    if (typeof answer !== 'object' || answer === null || !('results' in answer)) return null
    return Array.isArray(answer.results) ? answer.results : null
  } catch (error) {
    // No JSON: then the status alone speaks.
    if (error instanceof SyntaxError) return null
    throw error
  }
}
