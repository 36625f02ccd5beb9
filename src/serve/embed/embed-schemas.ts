/** Most texts of one request. */
export const MAX_TEXTS = 100
/** Most characters of a text; the model reads far fewer, and says so. */
export const MAX_CHARACTERS = 100_000

const text = { type: 'string', minLength: 1, maxLength: MAX_CHARACTERS } as const
const kind = {
  type: 'string',
  enum: ['query', 'passage'],
  default: 'query',
  description: 'What the text is, for models that read questions and answers differently.',
} as const
const encoding = {
  type: 'string',
  enum: ['numbers', 'base64'],
  default: 'numbers',
  description: 'base64: the vector as little-endian float32.',
} as const
const vector = {
  anyOf: [{ type: 'array', items: { type: 'number' } }, { type: 'string' }],
} as const
const made = {
  model: { type: 'string' },
  dims: { type: 'integer' },
  fallback: {
    type: 'string',
    nullable: true,
    description: 'What made the vectors in the model’s place: not comparable with its own.',
  },
} as const

export const embedBody = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: { text, kind, encoding },
} as const

export const embedAnswer = {
  type: 'object',
  required: ['model', 'dims', 'vector', 'truncated', 'fallback'],
  properties: {
    ...made,
    vector,
    truncated: { type: 'boolean', description: 'The text was too long for the model: its end was cut off.' },
  },
} as const

export const batchBody = {
  type: 'object',
  required: ['texts'],
  additionalProperties: false,
  properties: {
    texts: { type: 'array', items: text, description: `At most ${MAX_TEXTS}; more are answered with 413.` },
    kind,
    encoding,
  },
} as const

export const batchAnswer = {
  type: 'object',
  required: ['model', 'dims', 'vectors', 'truncated', 'fallback'],
  properties: {
    ...made,
    vectors: { type: 'array', items: vector },
    truncated: {
      type: 'array',
      items: { type: 'integer' },
      description: 'Positions of texts that were cut.',
    },
  },
} as const

const operand = {
  description: 'A text, or a vector of the model’s dimensions.',
  anyOf: [text, { type: 'array', items: { type: 'number' } }],
} as const

export const similarityBody = {
  type: 'object',
  required: ['a', 'b'],
  additionalProperties: false,
  properties: { a: operand, b: operand },
} as const

export const similarityAnswer = {
  type: 'object',
  required: ['similarity', 'model', 'fallback'],
  properties: {
    similarity: { type: 'number', description: 'Cosine, -1 to 1.' },
    model: made.model,
    fallback: made.fallback,
  },
} as const

/** Counts and latencies; free-form, since it is for people. */
export const statsAnswer = { type: 'object', additionalProperties: true } as const
