import type { FastifyInstance } from 'fastify'
import type { KeyValue } from '../ports/key-value.ts'
import type { Sql } from '../ports/sql.ts'
import { readLiveCounts } from '../stages/statistics/live-counts.ts'
import { type Asked, type QuestionFault, readQuestion } from '../stages/statistics/question.ts'
import { StatisticsReader, type TopQuestion } from '../stages/statistics/statistics-reader.ts'
import type { Problem } from './api-problems.ts'
import { problem } from './api-schemas.ts'
import { LiveFeed } from './live-feed.ts'
import * as schemas from './statistics-schemas.ts'

export interface StatisticsHttp {
  readonly sql: Sql
  readonly keyValue: KeyValue
  readonly log: (line: string) => void
}

const failures = { 400: problem, 500: problem, 503: problem }

/** Counts as the statistics stage keeps them. */
export function addStatisticsRoutes(app: FastifyInstance, { sql, keyValue, log }: StatisticsHttp): void {
  const reader = new StatisticsReader(sql)
  app.get<{ Querystring: Asked }>(
    '/v1/statistics',
    {
      schema: {
        operationId: 'statistics',
        summary: 'Counts of events by time',
        querystring: schemas.seriesQuery,
        response: { 200: schemas.series, ...failures },
      },
    },
    async ({ query }, reply) => {
      const question = readQuestion(query)
      const answer = 'parameter' in question ? question : await reader.series(question)
      return 'parameter' in answer ? reply.code(400).send(problemOf(answer)) : answer
    },
  )
  app.get<{ Querystring: TopQuestion }>(
    '/v1/statistics/top',
    {
      schema: {
        operationId: 'topStatistics',
        summary: 'Posts, products or search texts with the most',
        querystring: schemas.topQuery,
        response: { 200: schemas.top, ...failures },
      },
    },
    ({ query }) => reader.top(query),
  )
  const feed = new LiveFeed({ read: () => readLiveCounts(keyValue, Date.now()), log })
  app.addHook('preClose', async () => feed.close())
  app.get(
    '/v1/statistics/live',
    {
      schema: {
        operationId: 'liveStatistics',
        summary: 'Counts of the last second and minute, each second',
        produces: ['text/event-stream'],
        response: { 200: schemas.live },
      },
    },
    (_, reply) => {
      reply.hijack()
      feed.add(reply.raw)
    },
  )
}

function problemOf({ parameter, message }: QuestionFault): Problem {
  const pointer = `/${parameter}`
  return { code: 'REP_USAGE', message: `${pointer} ${message}`, in: 'query', pointer }
}
