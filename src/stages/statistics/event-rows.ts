import type { SqlSession } from '../../ports/sql.ts'
import type { StatisticEvent } from './statistic-event.ts'

/** An event, and where it stands in the log. */
export interface LoggedEvent {
  readonly event: StatisticEvent
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const COLUMNS = {
  occurred_at: 'timestamptz',
  trace_id: 'uuid',
  user_id: 'text',
  session_id: 'text',
  event_type: 'text',
  product_id: 'text',
  post_id: 'text',
  category: 'text',
  price: 'double precision',
  query: 'text',
  context: 'jsonb',
  properties: 'jsonb',
  log_topic: 'text',
  log_partition: 'integer',
  log_offset: 'bigint',
}

type Place = { key: string; log_topic: string; log_partition: number; log_offset: number }

/**
 * Stores events as rows, each trace id and event time once. Says by position which of them their row is of: not those
 * that the log holds a second time. So a batch that is stored again gets the same answer.
 */
export async function storeEvents(sql: SqlSession, events: readonly LoggedEvent[]): Promise<boolean[]> {
  if (events.length === 0) return []
  const inserted = await sql.insert({
    table: 'events',
    columns: COLUMNS,
    rows: events.map(rowOf),
    onConflict: 'DO NOTHING',
  })
  if (inserted === events.length) return events.map(() => true)
  const places = await placesOf(sql, events)
  return events.map(({ event, topic, partition, offset }) => {
    const place = places.get(keyOf(event))
    return place?.log_topic === topic && place.log_partition === partition && place.log_offset === offset
  })
}

/** Where the events that are stored stand in the log, by trace id and event time. */
async function placesOf(sql: SqlSession, events: readonly LoggedEvent[]): Promise<Map<string, Place>> {
  const rows = await sql.query<Place>(
    `SELECT e.trace_id || ' ' || (extract(epoch FROM e.occurred_at) * 1000)::bigint AS key,
       log_topic, log_partition, log_offset
     FROM unnest($1::uuid[], $2::timestamptz[]) AS asked (trace_id, occurred_at) JOIN events e USING (trace_id, occurred_at)`,
    [
      events.map(({ event }) => event.traceId),
      events.map(({ event }) => new Date(event.timestampMs).toISOString()),
    ],
  )
  return new Map(rows.map((row) => [row.key, row]))
}

function keyOf({ traceId, timestampMs }: StatisticEvent): string {
  return `${traceId.toLowerCase()} ${timestampMs}`
}

function rowOf({ event, topic, partition, offset }: LoggedEvent) {
  return [
    new Date(event.timestampMs),
    event.traceId,
    event.userId,
    event.sessionId,
    event.type,
    event.productId,
    event.postId,
    event.category,
    event.price,
    event.query,
    event.context,
    event.properties,
    topic,
    partition,
    offset,
  ]
}
