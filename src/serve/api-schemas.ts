import { RECOMMENDATION_PATHS, RECOMMENDATION_STRATEGIES } from '../stages/recommend/recommendation.ts'

/** Most items of one answer. */
export const MAX_LIMIT = 100
export const DEFAULT_LIMIT = 20

const item = {
  type: 'object',
  required: ['productId', 'score'],
  properties: {
    productId: { type: 'string' },
    score: {
      type: 'number',
      description: 'Cosine similarity (-1 to 1), or the popularity score on the popular paths.',
    },
    name: { type: 'string' },
    category: { type: 'string' },
    price: { type: 'number' },
    stock: { type: 'integer' },
  },
} as const

const generatedAt = { type: 'integer', description: 'Milliseconds since the epoch.' } as const

export const queryString = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
    category: { type: 'string', minLength: 1, maxLength: 200 },
    minPrice: { type: 'number', minimum: 0 },
    maxPrice: { type: 'number', minimum: 0 },
    inStock: { type: 'boolean', description: 'Only products that are in stock.' },
  },
} as const

export const recommendQueryString = {
  ...queryString,
  properties: {
    ...queryString.properties,
    strategy: {
      type: 'string',
      enum: RECOMMENDATION_STRATEGIES,
      default: 'preference',
      description:
        'Near to the stored preference, to the products acted on last, or half of each. The last two need the feature stage; where it knows nothing, the preference decides.',
    },
    since: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description:
        'basis.lastTraceId of an earlier answer, the nil UUID for one without a basis: 204 where the user has done nothing since, found without a search. For who polls.',
    },
  },
} as const

export const nothingNewer = {
  description: 'The user has done nothing since the action that was named.',
  type: 'null',
} as const

export const userParams = {
  type: 'object',
  required: ['userId'],
  properties: { userId: { type: 'string', minLength: 1, maxLength: 200 } },
} as const

export const productParams = {
  type: 'object',
  required: ['productId'],
  properties: { productId: { type: 'string', minLength: 1, maxLength: 200 } },
} as const

export const recommendation = {
  description: 'Recommended products, best first.',
  type: 'object',
  required: ['userId', 'items', 'path', 'basis', 'generatedAt'],
  properties: {
    userId: { type: 'string' },
    items: { type: 'array', items: item },
    path: { type: 'string', enum: RECOMMENDATION_PATHS, description: 'How the items were found.' },
    basis: {
      description:
        'The preference that the answer was computed from; null where nothing is known of the user.',
      type: 'object',
      nullable: true,
      required: ['actionCount', 'lastTraceId', 'updatedAt'],
      properties: {
        actionCount: { type: 'integer' },
        lastTraceId: { type: 'string' },
        updatedAt: { type: 'integer', description: 'Milliseconds since the epoch.' },
      },
    },
    generatedAt,
  },
} as const

export const userFeatures = {
  description: 'Features as they were stored last; as_of is the event time that they are true of.',
  type: 'object',
  required: ['userId', 'features', 'recent'],
  properties: {
    userId: { type: 'string' },
    features: { type: 'object', additionalProperties: { type: 'string' } },
    recent: {
      type: 'array',
      items: { type: 'string' },
      description: 'Products acted on last, newest first.',
    },
  },
} as const

export const similarProducts = {
  description: 'Products nearest to the product, best first, without itself.',
  type: 'object',
  required: ['productId', 'items', 'generatedAt'],
  properties: { productId: { type: 'string' }, items: { type: 'array', items: item }, generatedAt },
} as const

export const problem = {
  description: 'What was wrong with the request, or with the service.',
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    in: { type: 'string', enum: ['query', 'path', 'body'], description: 'Where the value at fault stands.' },
    pointer: { type: 'string', description: 'JSON Pointer (RFC 6901) to the value at fault.' },
  },
} as const

export const readiness = {
  description: 'Whether each dependency can be used.',
  type: 'object',
  required: ['ready', 'checks'],
  properties: {
    ready: { type: 'boolean' },
    checks: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const
