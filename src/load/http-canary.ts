import { setTimeout as sleep } from 'node:timers/promises'
import { NO_TRACE_ID, sequenceOf } from '../domain/trace-id.ts'
import { nowUs } from '../kernel/time.ts'
import { type HttpClient, HttpRequestError } from './http-client.ts'

/** An acknowledged action whose way into a recommendation is followed. */
export interface Canary {
  /** Path and query of the user's recommendations; polls add `&since=`, which spares the search. */
  readonly path: string
  readonly traceId: string
  /** Run tag of the canaries' trace ids: a basis that names a later canary of the user includes this one. */
  readonly tag: number
  /** µs on the host's clock. */
  readonly dueUs: number
  /** The user's action count with this action applied, where the caller knows it: it sent all of the user's actions. */
  readonly actionCount?: number
}

export interface CanaryOptions {
  readonly client: HttpClient
  /** Age at which it is polled first, µs. Default 0. */
  readonly firstPollUs?: number
  /**
   * From the start of one poll to the next: the resolution of the figure, until the canary is 10 times as old.
   * From then on the time between polls is a tenth of its age, so that a pipeline that lags is not also
   * polled to death: the figure is within 10 %.
   */
  readonly pollMs: number
  /** From the due time; then the canary is lost. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export type CanaryOutcome =
  /** `freshnessUs`: due time until the answer that includes the action had come. */
  | {
      readonly outcome: 'seen'
      readonly freshnessUs: number
      readonly doneUs: number
      readonly polls: number
    }
  /** `reason`: what the last answer said, and why there was none after it. */
  | { readonly outcome: 'lost'; readonly polls: number; readonly reason: string }
  /** The run was aborted first: says nothing about the pipeline. */
  | { readonly outcome: 'aborted'; readonly polls: number }

/** Of its age, once a canary is old. */
const RESOLUTION = 0.1

/** The part of a recommendation that says what it was computed from. */
export interface Basis {
  readonly lastTraceId: string
  readonly actionCount: number
}

/**
 * True when a basis includes the canary: it names the canary itself, or a later canary of the same user, or
 * counts at least as many actions. One user's actions are applied in order, so each of these implies it.
 */
export function includesCanary(
  basis: Basis | null,
  canary: Pick<Canary, 'traceId' | 'tag' | 'actionCount'>,
): boolean {
  if (basis === null) return false
  if (basis.lastTraceId === canary.traceId) return true
  if (canary.actionCount !== undefined && basis.actionCount >= canary.actionCount) return true
  return sequenceOf(basis.lastTraceId, canary.tag) > sequenceOf(canary.traceId, canary.tag)
}

/**
 * Polls a user's recommendations until their basis includes the action. A failed poll is polled again: what
 * counts is when the action shows. Never rejects.
 */
export async function followCanary(canary: Canary, options: CanaryOptions): Promise<CanaryOutcome> {
  const { client, firstPollUs = 0, pollMs, timeoutMs, signal } = options
  const deadlineUs = canary.dueUs + timeoutMs * 1e3
  let polls = 0
  let last = NO_TRACE_ID
  let answered: string | null = null
  let failed: string | null = 'no poll within its time'
  await pause((canary.dueUs + firstPollUs - nowUs()) / 1e3, signal)
  while (!signal.aborted) {
    const startUs = nowUs()
    if (startUs >= deadlineUs) {
      const reason = [answered, failed].filter((part) => part !== null).join(', then ')
      return { outcome: 'lost', polls, reason }
    }
    polls++
    const seen = await poll(client, pathSince(canary.path, last), Math.ceil((deadlineUs - startUs) / 1e3))
    if (seen.basis !== null && includesCanary(seen.basis, canary)) {
      return { outcome: 'seen', freshnessUs: seen.doneUs - canary.dueUs, doneUs: seen.doneUs, polls }
    }
    last = seen.basis?.lastTraceId ?? last
    if (seen.answered) answered = seen.reason ?? answered
    failed = seen.answered ? null : seen.reason
    const betweenMs = Math.max(pollMs, (RESOLUTION * (startUs - canary.dueUs)) / 1e3)
    await pause(startUs / 1e3 + betweenMs - nowUs() / 1e3, signal)
  }
  return { outcome: 'aborted', polls }
}

/** What a poll saw: an answer's basis and when it had come, µs; or why there is none. */
type Seen =
  | { readonly answered: true; readonly basis: Basis; readonly doneUs: number; readonly reason: string }
  /** `reason` is null where nothing has changed since the answer before. */
  | { readonly answered: true; readonly basis: null; readonly reason: string | null }
  | { readonly answered: false; readonly basis: null; readonly reason: string }

async function poll(client: HttpClient, path: string, timeoutMs: number): Promise<Seen> {
  try {
    const { status, body, doneUs } = await client.get(path, timeoutMs)
    if (status === 204) return { answered: true, basis: null, reason: null }
    if (status < 200 || status > 299) return { answered: false, basis: null, reason: `status ${status}` }
    const basis = basisOf(JSON.parse(body.toString()))
    if (basis === null) return { answered: true, basis, reason: 'no basis yet' }
    const reason = `basis of ${basis.actionCount} actions, last ${basis.lastTraceId}`
    return { answered: true, basis, doneUs, reason }
  } catch (error) {
    if (error instanceof HttpRequestError || error instanceof SyntaxError)
      return { answered: false, basis: null, reason: error.message }
    throw error
  }
}

function pathSince(path: string, lastTraceId: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}since=${encodeURIComponent(lastTraceId)}`
}

function basisOf(answer: unknown): Basis | null {
  if (typeof answer !== 'object' || answer === null || !('basis' in answer)) return null
  const { basis } = answer
  if (typeof basis !== 'object' || basis === null) return null
  if (!('lastTraceId' in basis) || !('actionCount' in basis)) return null
  const { lastTraceId, actionCount } = basis
  return typeof lastTraceId === 'string' && typeof actionCount === 'number'
    ? { lastTraceId, actionCount }
    : null
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    // Aborted while waiting: the caller's loop sees it.
    if (!signal.aborted) throw error
  }
}
