import { RepError } from '../errors/rep-error.ts'
import { type Asked, type Question, type QuestionFault, readQuestion } from '../stages/statistics/question.ts'
import {
  type Series,
  StatisticsReader,
  type Top,
  type TopQuestion,
} from '../stages/statistics/statistics-reader.ts'
import { type LeftStack, withSql } from './left-stack.ts'

export { INTERVALS, type Interval } from '../stages/statistics/question.ts'
export { TOP_BY, TOP_OF } from '../stages/statistics/statistics-reader.ts'
export type { Series, Top }

/** Counts by time of what a stack holds, as GET /v1/statistics gives them. Rejects with REP_USAGE, REP_NOT_FOUND. */
export async function readSeries(stack: LeftStack, asked: Asked): Promise<Series> {
  const question: Question = accepted(readQuestion(asked))
  return withSql(stack, async (sql) => accepted(await new StatisticsReader(sql).series(question)))
}

/** The most of what a stack holds, as GET /v1/statistics/top gives them. */
export async function readTop(stack: LeftStack, question: TopQuestion): Promise<Top> {
  return withSql(stack, (sql) => new StatisticsReader(sql).top(question))
}

function accepted<T extends object>(answer: T | QuestionFault): T {
  if (!('parameter' in answer)) return answer
  throw new RepError('REP_USAGE', `--${answer.parameter} ${answer.message}.`)
}
