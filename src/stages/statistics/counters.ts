import { SEPARATOR, type StatisticEvent } from './statistic-event.ts'

/** Name of the tally that the stage keeps in the key-value store. */
export const TALLY = 'statistics'

/** What is counted by itself: all events, those of one product or post, searches of one text. */
export const SUBJECT_KINDS = ['all', 'product', 'post', 'query'] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]

/** One counter: events of a type about a subject in a minute. */
export interface Counter {
  readonly kind: SubjectKind
  /** Of event time: minutes since the epoch. */
  readonly minute: number
  readonly type: string
  /** Empty for all. */
  readonly id: string
}

const MINUTE_MS = 60_000

/** Adds one event to the counters of its minute: of all, and of its post, else its product, else its search text. */
export function countEvent(counts: Map<string, number>, event: StatisticEvent): void {
  const { type, timestampMs, postId, productId, query } = event
  const minute = Math.floor(timestampMs / MINUTE_MS)
  add(counts, counterName({ kind: 'all', minute, type, id: '' }))
  if (postId !== null) add(counts, counterName({ kind: 'post', minute, type, id: postId }))
  else if (productId !== null) add(counts, counterName({ kind: 'product', minute, type, id: productId }))
  else if (query !== null && type === 'SEARCH')
    add(counts, counterName({ kind: 'query', minute, type, id: query }))
}

/** A counter's name in the key-value store. */
export function counterName({ kind, minute, type, id }: Counter): string {
  return `${kind}${SEPARATOR}${minute}${SEPARATOR}${type}${SEPARATOR}${id}`
}

export function parseCounter(name: string): Counter {
  const [kind, minute, type, id] = name.split(SEPARATOR) as [SubjectKind, string, string, string]
  return { kind, minute: Number(minute), type, id }
}

/** The moment at which events are counted, in the key-value store: one hash a second, counts by type. */
export function secondName(epochSeconds: number): string {
  return `second:${epochSeconds}`
}

export function add(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** A partition, as the tally and PostgreSQL name it. */
export function sourceOf({
  topic,
  partition,
}: {
  readonly topic: string
  readonly partition: number
}): string {
  return `${topic}:${partition}`
}
