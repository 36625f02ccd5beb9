import type { Scenario } from '../../config/scenario.ts'
import { likeStepId } from '../../domain/named-event-id.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { formatTraceId, runTag } from '../../domain/trace-id.ts'
import type { ActionScenario } from '../action-source.ts'
import type { EventBatch } from '../event-batch.ts'
import { type EventSource, isOwn, type Shard, WHOLE } from '../event-source.ts'
import { createSchedule, type Schedule } from '../schedule.ts'
import { UserPicker, userIdOf } from '../user-picker.ts'
import { POST_CATEGORIES, PostMaker, postIdOf } from './post-facts.ts'
import { type LikeSteps, PostModel } from './post-model.ts'
import type { PostRequest } from './post-request.ts'

export type PostScenario = ActionScenario & { readonly load: Pick<Scenario['load'], 'actions' | 'posts'> }

export interface PostSourceOptions {
  readonly shard?: Shard
  /** Like steps of a run before this one, on the same stores. */
  readonly steps?: LikeSteps
  /** Told of each like step before it is sent: its trace id does not hold its number. */
  readonly onStep?: (traceId: string, sequence: number) => void
}

/** How many posts a scenario's load is about. */
export function postCount({ catalogue }: Pick<Scenario, 'catalogue'>): number {
  return catalogue.posts === 0 ? catalogue.products : catalogue.posts
}

const LISTED = 20
const NO_BODY = new Uint8Array(0)

/** Requests about posts of a scenario, one a batch. As with ActionSource, every shard walks the whole schedule. */
export class PostSource implements EventSource {
  readonly stream = 'action'
  readonly topic = USER_ACTION
  readonly #shard: Shard
  readonly #startsAtMs: number
  readonly #schedule: Schedule
  readonly #users: UserPicker
  readonly #model: PostModel
  readonly #maker: PostMaker
  readonly #tag: number
  readonly #onStep: ((traceId: string, sequence: number) => void) | null
  #dueUs = -1
  #user = 0
  #sequence = -1

  constructor(scenario: PostScenario, { shard = WHOLE, steps, onStep }: PostSourceOptions = {}) {
    const { seed, warmupMs, users, catalogue, load, startsAtMs } = scenario
    this.#shard = shard
    this.#startsAtMs = startsAtMs
    this.#schedule = createSchedule(load.actions, { seed, warmupMs, stream: 'action' })
    this.#users = new UserPicker(users, seed)
    this.#model = new PostModel({
      seed,
      users: users.count,
      posts: postCount(scenario),
      zipf: catalogue.zipf,
      weights: load.posts,
      ...(steps === undefined ? {} : { steps }),
    })
    this.#maker = new PostMaker(startsAtMs)
    this.#tag = runTag(seed, 'action')
    this.#onStep = onStep ?? null
  }

  /** Like steps so far, those of the run before included. */
  get steps(): LikeSteps {
    return this.#model.steps
  }

  peekDueUs(): number {
    if (this.#dueUs < 0) this.#advance()
    return this.#dueUs
  }

  fill(batch: EventBatch, untilUs: number): number {
    const dueUs = this.peekDueUs()
    if (dueUs > untilUs || dueUs === Infinity || batch.count > 0) return 0
    const userId = userIdOf(this.#user)
    const body = this.#take(batch, { userId, dueUs })
    batch.add(Buffer.from(userId), body, dueUs, this.#sequence)
    this.#advance()
    return 1
  }

  #take(batch: EventBatch, { userId, dueUs }: { userId: string; dueUs: number }): Uint8Array {
    const model = this.#model
    model.take(this.#user)
    const { action, post, step, toss } = model
    const postId = postIdOf(post)
    const stepId = step === 0 ? null : likeStepId({ postId, userId }, step)
    if (stepId !== null) this.#onStep?.(stepId, this.#sequence)
    const timestamp = this.#startsAtMs + Math.floor(dueUs / 1e3)
    const base = { user_id: userId, session_id: `${userId}-0`, timestamp }
    const event = { event_id: formatTraceId(timestamp, this.#tag, this.#sequence), ...base }
    const text = action === 'search' ? this.#maker.query(post, toss) : ''
    const common = { action, user: this.#user, post, query: text, stepId }
    const request = (method: PostRequest['method'], path: string, body: object | null): Uint8Array => {
      batch.request = { ...common, method, path }
      return body === null ? NO_BODY : Buffer.from(JSON.stringify(body))
    }
    switch (action) {
      case 'view':
        return request('POST', `/v1/posts/${postId}/view`, event)
      case 'click': {
        const properties = { product_id: postId, post_id: postId }
        return request('POST', '/v1/events', { ...event, event_type: 'click', properties })
      }
      case 'like':
        return request('POST', `/v1/posts/${postId}/like`, base)
      case 'unlike': {
        const query = `user_id=${userId}&session_id=${userId}-0&timestamp=${new Date(timestamp).toISOString()}`
        return request('DELETE', `/v1/posts/${postId}/like?${query}`, null)
      }
      case 'search':
        return request('POST', '/v1/search', { ...event, query: text })
      case 'recent':
        return request('GET', `/v1/users/${userId}/recent-searches`, null)
      case 'read':
        return request('GET', `/v1/posts/${postId}`, null)
      case 'list': {
        const category = encodeURIComponent(POST_CATEGORIES[toss % POST_CATEGORIES.length]!)
        return request('GET', `/v1/posts?category=${category}&limit=${LISTED}`, null)
      }
    }
  }

  /** Walks on to the next request of a user of this shard. */
  #advance(): void {
    let dueUs = this.#dueUs
    do {
      dueUs = this.#schedule.next()
      if (dueUs === Infinity) break
      this.#sequence++
      this.#user = this.#users.next(this.#startsAtMs + Math.floor(dueUs / 1e3))
    } while (!isOwn(this.#user, this.#shard))
    this.#dueUs = dueUs
  }
}
