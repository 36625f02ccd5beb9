import { INTERVALS, MOST_POINTS } from '../stages/statistics/question.ts'
import { TOP_BY, TOP_OF } from '../stages/statistics/statistics-reader.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './api-schemas.ts'

const text = { type: 'string', minLength: 1, maxLength: 200 } as const
const count = { type: 'integer' } as const
const counts = { type: 'object', additionalProperties: count } as const

const asOf = {
  type: 'string',
  nullable: true,
  description: 'All that was counted by then is in the answer; null where nothing was flushed yet.',
} as const

export const seriesQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    type: { ...text, description: 'Of this event type alone, e.g. VIEW, or a custom type as it was sent.' },
    post: { ...text, description: 'Of this post alone.' },
    product: { ...text, description: 'Of this product alone; not together with post.' },
    from: {
      ...text,
      description: `Event time, a date or ISO 8601 with its zone. Default: 60 minutes, 24 hours or 30 days before to. At most ${MOST_POINTS} points.`,
    },
    to: {
      ...text,
      description:
        'Exclusive. Default: the end of the newest interval that has counts, at most a day from now.',
    },
    interval: { type: 'string', enum: Object.keys(INTERVALS), default: 'hour' },
  },
} as const

export const series = {
  description: 'Counts by event time, a point an interval (UTC), 0 where nothing was counted.',
  type: 'object',
  required: ['type', 'post', 'product', 'interval', 'from', 'to', 'total', 'byType', 'points', 'asOf'],
  properties: {
    type: { type: 'string', nullable: true },
    post: { type: 'string', nullable: true },
    product: { type: 'string', nullable: true },
    interval: { type: 'string', enum: Object.keys(INTERVALS) },
    from: { type: 'string' },
    to: { type: 'string' },
    total: count,
    byType: counts,
    points: {
      type: 'array',
      items: {
        type: 'object',
        required: ['start', 'count'],
        properties: { start: { type: 'string' }, count },
      },
    },
    asOf,
  },
} as const

export const topQuery = {
  type: 'object',
  additionalProperties: false,
  required: ['by'],
  properties: {
    by: { type: 'string', enum: TOP_BY, description: 'Likes are those that were not taken back.' },
    of: {
      type: 'string',
      enum: TOP_OF,
      default: 'post',
      description: 'Posts or products; searches are always of search texts.',
    },
    limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  },
} as const

export const top = {
  description: 'The most, best first; equals in the order of their ids.',
  type: 'object',
  required: ['by', 'of', 'items', 'asOf'],
  properties: {
    by: { type: 'string', enum: TOP_BY },
    of: { type: 'string', enum: [...TOP_OF, 'query'] },
    items: {
      type: 'array',
      items: { type: 'object', required: ['id', 'count'], properties: { id: { type: 'string' }, count } },
    },
    asOf,
  },
} as const

export const live = {
  description:
    'Server-sent events: one named counts each second, its data {at, second: {total, byType}, minute: {total, byType}}; a comment where there is nothing to tell. Ends when the client goes or the server stops.',
  type: 'string',
} as const
