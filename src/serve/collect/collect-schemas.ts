import { LONGEST_ID, MOST_EVENTS } from '../../stages/collect/click-event.ts'
import * as api from '../api-schemas.ts'

const text = { type: 'string' } as const
const id = { type: 'string', minLength: 1, maxLength: LONGEST_ID } as const
const object = <T extends object>(properties: T, required: readonly string[] = []) =>
  ({ type: 'object', properties, ...(required.length === 0 ? {} : { required }) }) as const

const context = object({
  page: object({ url: text, referrer: text }, ['url']),
  device: object({ type: text }, ['type']),
  weather: object({ status: text, temperature: { type: 'number' } }, ['status', 'temperature']),
  temporal: object({ time_of_day: text, day_of_week: text }, ['time_of_day', 'day_of_week']),
  user: object({ login_status: text, segment: text }, ['login_status']),
  campaign: object({ utm_source: text, utm_campaign: text }, ['utm_source']),
})

const common = {
  user_id: id,
  session_id: { ...id, description: 'Default: the user id.' },
  event_id: { ...id, description: 'Makes sending again safe. Default: a new UUID.' },
  timestamp: {
    type: 'string',
    format: 'date-time',
    description: 'Or milliseconds since the epoch, as a number. Default: when it was received.',
  },
  context,
} as const

const event = object(
  {
    ...common,
    event_type: { ...id, description: 'A type that no action has makes a custom event.' },
    properties: {
      ...object({ product_id: id, category: text, price: { type: 'number', minimum: 0 }, query: text }),
      additionalProperties: true,
    },
  },
  ['user_id', 'event_type'],
)

const list = { type: 'array', items: event, minItems: 1, maxItems: MOST_EVENTS } as const

export const events = {
  oneOf: [event, list, object({ sent_at: common.timestamp, events: list }, ['events'])],
} as const

const fault = object({ pointer: text, message: text }, ['pointer', 'message'])

export const results = {
  description: 'What became of each event, in the order of the request.',
  ...object({
    accepted: { type: 'integer' },
    rejected: { type: 'integer' },
    failed: { type: 'integer' },
    results: {
      type: 'array',
      items: object(
        {
          status: { type: 'string', enum: ['accepted', 'rejected', 'failed'] },
          event_id: { type: 'string', nullable: true },
          kind: { type: 'string', enum: ['action', 'custom'] },
          faults: { type: 'array', items: fault },
          message: text,
        },
        ['status'],
      ),
    },
  }),
} as const

const refusal = {
  ...api.problem,
  properties: {
    ...api.problem.properties,
    faults: { type: 'array', items: fault },
    ...results.properties,
  },
} as const

export const failures = {
  400: refusal,
  401: refusal,
  413: refusal,
  415: refusal,
  429: refusal,
  500: api.problem,
  503: refusal,
} as const

const postParams = object({ postId: id }, ['postId'])
const user = object({ userId: id }, ['userId'])
const own = object({ ...common, properties: object({}) }, ['user_id'])
const liked = object({ liked: { type: 'boolean' }, changed: { type: 'boolean' }, event_id: text })
const consumes = ['application/json', 'text/plain']
const nothing = { description: 'Done.', type: 'null' } as const

export const like = {
  consumes,
  params: postParams,
  body: own,
  response: { 200: liked, 202: liked, ...failures },
}
export const unlike = {
  params: postParams,
  querystring: object({ user_id: id, session_id: id, timestamp: text }, ['user_id']),
  response: { 200: liked, 202: liked, ...failures },
}
export const view = { consumes, params: postParams, body: own, response: { 202: results, ...failures } }
export const search = {
  consumes,
  body: object({ ...common, query: id }, ['user_id', 'query']),
  response: { 202: results, ...failures },
}
export const searches = {
  params: user,
  response: {
    200: object({ user_id: text, searches: { type: 'array', items: object({ query: text, at: text }) } }),
    ...failures,
  },
}
export const forgetAll = { params: user, response: { 204: nothing, ...failures } }
export const forgetOne = {
  params: object({ userId: id, query: text }, ['userId', 'query']),
  response: { 204: nothing, 404: api.problem, ...failures },
}

const postItem = object({ id, title: text, category: text, author: text, createdAt: { type: 'integer' } })
export const post = { params: postParams, response: { 200: postItem, 404: api.problem, ...failures } }
export const posts = {
  querystring: object({ category: id, limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 } }, [
    'category',
  ]),
  response: { 200: object({ posts: { type: 'array', items: postItem } }), ...failures },
}
