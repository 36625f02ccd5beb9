import { actionTypeOf } from '../../domain/action-names.ts'

/** Lengths of a point, ms, and how many points an answer has unless it is asked for a range. */
export const INTERVALS = {
  minute: { ms: 60_000, points: 60 },
  hour: { ms: 3_600_000, points: 24 },
  day: { ms: 86_400_000, points: 30 },
} as const
export type Interval = keyof typeof INTERVALS

/** Most points of one answer: a day of minutes, and some. */
export const MOST_POINTS = 1500

/** As it was asked, in words. */
export interface Asked {
  readonly type?: string
  readonly post?: string
  readonly product?: string
  readonly from?: string
  readonly to?: string
  readonly interval: Interval
}

/** What a series is of. */
export interface Question {
  /** Null for all types. */
  readonly type: string | null
  readonly subject: { readonly kind: 'all' | 'post' | 'product'; readonly id: string }
  readonly interval: Interval
  /** Ends of the range, ms since the epoch; null: not asked for. */
  readonly fromMs: number | null
  readonly toMs: number | null
}

/** What is wrong with what was asked: of which parameter. */
export interface QuestionFault {
  readonly parameter: 'product' | 'from' | 'to'
  readonly message: string
}

/** Ranges end before it: ISO 8601 and PostgreSQL write later years differently. */
const END_MS = Date.UTC(10_000, 0)

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
const NOT_A_TIME = 'must be a date, or a date and time with its zone: 2026-03-01 or 2026-03-01T12:00:00Z'

/** Reads what was asked; returns what is wrong with it, if anything is. */
export function readQuestion(asked: Asked): Question | QuestionFault {
  const { type, post, product, from, to, interval } = asked
  if (post !== undefined && product !== undefined)
    return { parameter: 'product', message: 'must not be given together with post' }
  const fromMs = from === undefined ? null : timeOf(from)
  const toMs = to === undefined ? null : timeOf(to)
  if (fromMs === undefined) return { parameter: 'from', message: NOT_A_TIME }
  if (toMs === undefined) return { parameter: 'to', message: NOT_A_TIME }
  if (fromMs !== null && toMs !== null && fromMs >= toMs)
    return { parameter: 'to', message: 'must be later than from' }
  return {
    type: type === undefined ? null : (actionTypeOf(type) ?? type),
    subject: subjectOf(post, product),
    interval,
    fromMs,
    toMs,
  }
}

/**
 * The range of a series in whole intervals, from `from` up to before `to`. `newestMs`: the newest time that has counts,
 * as far as it is not of the future.
 */
export function rangeOf(
  { interval, fromMs, toMs }: Question,
  newestMs: number,
): { readonly fromMs: number; readonly toMs: number } | QuestionFault {
  const { ms, points } = INTERVALS[interval]
  const begin = (time: number): number => Math.floor(time / ms) * ms
  const end = begin((toMs ?? Math.max(newestMs, fromMs ?? 0) + 1) + ms - 1)
  const start = fromMs === null ? Math.max(0, end - points * ms) : begin(fromMs)
  if (end >= END_MS)
    return {
      parameter: toMs === null ? 'from' : 'to',
      message: 'is too late: a range must end before the year 10000',
    }
  // What is older counts as 1970, and PostgreSQL has no year 0.
  if (start < 0) return { parameter: 'from', message: 'must not be before 1970' }
  if (end <= start) return { parameter: 'to', message: 'must be later than from, and than 1970' }
  if ((end - start) / ms <= MOST_POINTS) return { fromMs: start, toMs: end }
  const message = `makes ${(end - start) / ms} points of a ${interval}; at most ${MOST_POINTS} are given: ask for a shorter range or a longer interval`
  return { parameter: 'from', message }
}

function subjectOf(post: string | undefined, product: string | undefined): Question['subject'] {
  if (post !== undefined) return { kind: 'post', id: post }
  return product === undefined ? { kind: 'all', id: '' } : { kind: 'product', id: product }
}

/** Milliseconds since the epoch; undefined for a text that is no time. */
function timeOf(text: string): number | undefined {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}
