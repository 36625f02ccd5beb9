import type { SqlSession } from '../../ports/sql.ts'
import { INTERVALS, type Interval, type Question, type QuestionFault, rangeOf } from './question.ts'

/** Counts by time. What was counted by `asOf` is in them. */
export interface Series {
  readonly type: string | null
  readonly post: string | null
  readonly product: string | null
  readonly interval: Interval
  readonly from: string
  readonly to: string
  readonly total: number
  readonly byType: Readonly<Record<string, number>>
  /** One an interval, also where nothing was counted. */
  readonly points: readonly { readonly start: string; readonly count: number }[]
  /** Null where nothing was ever flushed. */
  readonly asOf: string | null
}

/** The newest time of counts may be this far ahead of this host's clock; events beyond it have a clock that is wrong. */
const AHEAD_MS = 86_400_000

export const TOP_BY = ['views', 'likes', 'clicks', 'searches'] as const
export type TopBy = (typeof TOP_BY)[number]
export const TOP_OF = ['post', 'product'] as const
export type TopOf = (typeof TOP_OF)[number]

export interface TopQuestion {
  readonly by: TopBy
  /** Whose; searches are of texts. */
  readonly of: TopOf
  readonly limit: number
}

export interface Top {
  readonly by: TopBy
  readonly of: TopOf | 'query'
  readonly items: readonly { readonly id: string; readonly count: number }[]
  readonly asOf: string | null
}

interface State {
  readonly as_of: Date | null
  readonly newest: Date | null
}

/** One row for a whole answer: a row a point would cost more than the counting (docs/performance.md). */
interface Counts {
  /** Events by where an interval begins, seconds since the epoch. */
  readonly points: Readonly<Record<string, number>>
  readonly by_type: Readonly<Record<string, number>>
  readonly [column: string]: unknown
}

/** Answers from what was flushed to PostgreSQL. */
export class StatisticsReader {
  readonly #sql: SqlSession

  constructor(sql: SqlSession) {
    this.#sql = sql
  }

  async series(question: Question): Promise<Series | QuestionFault> {
    const { type, subject, interval } = question
    // Before the counts: what they have more than this promises does no harm.
    const { as_of, newest } = await this.#state()
    const range = rangeOf(question, newest?.getTime() ?? Date.now())
    if ('parameter' in range) return range
    const { points, by_type } = await this.#counts(question, range)
    return {
      type,
      post: subject.kind === 'post' ? subject.id : null,
      product: subject.kind === 'product' ? subject.id : null,
      interval,
      from: iso(range.fromMs),
      to: iso(range.toMs),
      total: Object.values(by_type).reduce((sum, events) => sum + events, 0),
      byType: by_type,
      points: pointsOf(range, INTERVALS[interval].ms, points),
      asOf: as_of?.toISOString() ?? null,
    }
  }

  async top({ by, of, limit }: TopQuestion): Promise<Top> {
    const { as_of } = await this.#state()
    const kind = by === 'searches' ? 'query' : of
    const [table, id] = kind === 'query' ? ['search_statistics', 'query'] : [`${of}_statistics`, `${of}_id`]
    const items = await this.#sql.query<{ id: string; count: number }>(
      `SELECT ${id} AS id, ${by} AS count FROM ${table} WHERE ${by} > 0 ORDER BY ${by} DESC, ${id} LIMIT $1`,
      [limit],
    )
    return { by, of: kind, items, asOf: as_of?.toISOString() ?? null }
  }

  async #state(): Promise<State> {
    const [state] = await this.#sql.query<State & Record<string, unknown>>(
      `SELECT as_of, (
         SELECT max(minute) FROM event_statistics_by_minute WHERE minute <= $1::timestamptz
       ) AS newest FROM statistics_state`,
      [iso(Date.now() + AHEAD_MS)],
    )
    return state ?? { as_of: null, newest: null }
  }

  async #counts(
    { type, subject, interval }: Question,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ): Promise<Counts> {
    const isOfAll = subject.kind === 'all'
    const time = isOfAll && interval !== 'minute' ? 'hour' : 'minute'
    const from = isOfAll
      ? `event_statistics_by_${time} WHERE`
      : 'event_statistics WHERE subject_kind = $5 AND subject_id = $6 AND'
    const [row] = await this.#sql.query<Counts>(
      `SELECT
         coalesce(json_object_agg(extract(epoch FROM bucket)::bigint, events) FILTER (WHERE bucket IS NOT NULL), '{}')
           AS points,
         coalesce(json_object_agg(event_type, events) FILTER (WHERE bucket IS NULL), '{}') AS by_type
       FROM (
         SELECT date_bin($3::interval, ${time}, 'epoch') AS bucket, event_type, sum(events)::bigint AS events
         FROM ${from} ${time} >= $1::timestamptz AND ${time} < $2::timestamptz
           AND ($4::text IS NULL OR event_type = $4::text)
         GROUP BY GROUPING SETS ((1), (2))
       ) AS sums`,
      [
        iso(fromMs),
        iso(toMs),
        `${INTERVALS[interval].ms / 1000} seconds`,
        type,
        ...(isOfAll ? [] : [subject.kind, subject.id]),
      ],
    )
    return row!
  }
}

function pointsOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ms: number,
  counts: Counts['points'],
): Series['points'] {
  return Array.from({ length: (toMs - fromMs) / ms }, (_, i) => {
    const startMs = fromMs + i * ms
    return { start: iso(startMs), count: counts[startMs / 1000] ?? 0 }
  })
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
