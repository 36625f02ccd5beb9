import type { FastifyInstance } from 'fastify'
import type { Embedder, Embedding, TextKind } from '../../ports/embedder.ts'
import { problem } from '../api-schemas.ts'
import { callerSignal } from './caller-signal.ts'
import * as schemas from './embed-schemas.ts'
import { readOperand } from './operand.ts'
import { similarityOf } from './similarity.ts'

type Encoding = 'numbers' | 'base64'

interface Wish {
  readonly kind: TextKind
  readonly encoding: Encoding
}

const failures = { 400: problem, 500: problem, 503: problem }

/** The endpoints that embed. A caller that hangs up takes its texts out of the queue. */
export function addEmbedRoutes(app: FastifyInstance, embedder: Embedder): void {
  const { model, dims } = embedder.capabilities
  app.post<{ Body: Wish & { text: string } }>(
    '/embed',
    {
      schema: {
        operationId: 'embed',
        summary: 'The vector of a text',
        body: schemas.embedBody,
        response: { 200: schemas.embedAnswer, ...failures },
      },
    },
    async ({ body }, reply) => {
      const { text, kind, encoding } = body
      if (text.trim() === '') return reply.code(400).send(blank('/text'))
      const made = await embedder.embed([text], { kind, signal: callerSignal(reply) })
      const vector = encoded(made.rows, encoding)
      return { model, dims, vector, truncated: made.truncated.length > 0, fallback: made.fallback }
    },
  )
  app.post<{ Body: Wish & { texts: string[] } }>(
    '/batch-embed',
    {
      schema: {
        operationId: 'batchEmbed',
        summary: `The vectors of at most ${schemas.MAX_TEXTS} texts`,
        body: schemas.batchBody,
        response: { 200: schemas.batchAnswer, 413: problem, ...failures },
      },
    },
    async ({ body }, reply) => {
      const { texts, kind, encoding } = body
      if (texts.length > schemas.MAX_TEXTS) return reply.code(413).send(tooMany(texts.length))
      const empty = texts.findIndex((text) => text.trim() === '')
      if (empty >= 0) return reply.code(400).send(blank(`/texts/${empty}`))
      const { rows, truncated, fallback } = await embedder.embed(texts, { kind, signal: callerSignal(reply) })
      const vectors = texts.map((_, i) => encoded(rows.subarray(i * dims, (i + 1) * dims), encoding))
      return { model, dims, vectors, truncated, fallback }
    },
  )
  addSimilarityRoute(app, embedder)
}

function addSimilarityRoute(app: FastifyInstance, embedder: Embedder): void {
  const { model, dims } = embedder.capabilities
  app.post<{ Body: { a?: unknown; b?: unknown } | null }>(
    '/similarity',
    {
      schema: {
        operationId: 'similarity',
        summary: 'The cosine of two texts, two vectors, or one of each',
        body: schemas.similarityBody,
        response: { 200: schemas.similarityAnswer, ...failures },
      },
      // A schema's “one of these” cannot say which number of a vector is wrong; readOperand can.
      validatorCompiler: () => () => true,
    },
    async ({ body }, reply) => {
      const operands = [readOperand(body?.a, '/a', dims), readOperand(body?.b, '/b', dims)] as const
      for (const operand of operands) if ('code' in operand) return reply.code(400).send(operand)
      const [a, b] = operands
      if ('code' in a || 'code' in b) return reply
      const texts = [a, b].flatMap((operand) => (typeof operand.value === 'string' ? [operand.value] : []))
      const made: Embedding = await embedder.embed(texts, { signal: callerSignal(reply) })
      return { similarity: similarityOf(a.value, b.value, made.rows), model, fallback: made.fallback }
    },
  )
}

function encoded(row: Float32Array, encoding: Encoding): number[] | string {
  if (encoding === 'numbers') return Array.from(row)
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('base64')
}

function blank(pointer: string): object {
  return { code: 'REP_USAGE', message: `${pointer} must have text in it`, in: 'body', pointer }
}

function tooMany(count: number): object {
  const message = `/texts has ${count} texts; at most ${schemas.MAX_TEXTS} go into one request`
  return { code: 'REP_USAGE', message, in: 'body', pointer: '/texts' }
}
