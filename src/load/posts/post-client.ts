import { RepError } from '../../errors/rep-error.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { allFailed, readAnswer } from '../collector-answer.ts'
import type { CollectorClient } from '../collector-client.ts'
import type { Sent } from '../in-flight.ts'
import type { PostFold } from './post-fold.ts'
import type { PostRequest } from './post-request.ts'

const TAKEN: Sent = {}
const ANSWERED: Sent = { answered: true }
const OPEN: Sent = {
  failures: [
    {
      position: 0,
      indeterminate: true,
      error: new RepError('REP_LOG_UNAVAILABLE', 'a like that was answered after one of which nobody knows'),
    },
  ],
}

/** Sends requests about posts, says what became of each, and folds the answers. */
export class PostClient {
  readonly #client: CollectorClient
  readonly #fold: PostFold

  constructor(client: CollectorClient, fold: PostFold) {
    this.#client = client
    this.#fold = fold
  }

  /** Never rejects. */
  send(request: PostRequest, record: LogRecord): Promise<Sent> {
    return new Promise((resolve) => {
      this.#client.request(record.key, {
        bytes: (make) =>
          request.method === 'POST'
            ? make.post(request.path, [record])
            : make.bare(request.method, request.path),
        answered: (status, body) => resolve(this.#heard(request, status, body)),
        failed: (error, sent) => resolve(this.#failed(request, allFailed(1, error.message, sent))),
      })
    })
  }

  /** An answer that is no JSON says nothing of what became of the request. */
  #heard(request: PostRequest, status: number, body: Buffer): Sent {
    try {
      return this.#answered(request, status, body)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      return this.#failed(request, allFailed(1, `${request.path} answered ${status}, not in JSON`, true))
    }
  }

  #answered(request: PostRequest, status: number, body: Buffer): Sent {
    const { action } = request
    if (action === 'like' || action === 'unlike') return this.#liked(request, status, body)
    if (request.method === 'GET') return this.#read(request, status, body)
    const sent = readAnswer(status, body, 1)
    if (sent.failures !== undefined && sent.failures.length > 0) return this.#failed(request, sent)
    if (action === 'search') this.#fold.searched(request)
    return sent
  }

  #read(request: PostRequest, status: number, body: Buffer): Sent {
    if (status !== 200) return allFailed(1, `${request.path} answered ${status}`, false)
    if (request.action === 'recent') {
      const { searches } = JSON.parse(body.toString()) as { searches: readonly { readonly query: string }[] }
      this.#fold.saw(
        request,
        searches.map(({ query }) => query),
      )
    }
    return ANSWERED
  }

  #liked(request: PostRequest, status: number, body: Buffer): Sent {
    if (status !== 200 && status !== 202) return this.#failed(request, readAnswer(status, body, 1))
    const { event_id } = JSON.parse(body.toString()) as { readonly event_id?: string }
    this.#fold.liked(request)
    const { stepId } = request
    if ((event_id ?? null) === stepId) return stepId === null ? ANSWERED : TAKEN
    // After a step of which nobody knows, it is not known either who took which.
    if (!this.#fold.isSure(request)) return OPEN
    const detail = `${request.method} ${request.path} made ${event_id ?? 'no event'}, not ${stepId ?? 'none'}`
    this.#fold.contradict({ of: 'likes', detail })
    return status === 202 ? TAKEN : ANSWERED
  }

  /** A like step that failed may yet be taken by a later request, under the same id: so nobody knows. */
  #failed(request: PostRequest, sent: Sent): Sent {
    this.#fold.unknown(request)
    if (request.stepId === null) return sent
    return { failures: (sent.failures ?? []).map((failure) => ({ ...failure, indeterminate: true })) }
  }
}
