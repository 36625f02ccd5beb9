import type { SqlSession } from '../../ports/sql.ts'

/** How many events are stored as rows, and how many the counts add up to. */
export async function countedEvents(sql: SqlSession): Promise<{ rows: number; counted: number }> {
  const [row] = await sql.query<{ rows: number; counted: number }>(
    `SELECT (SELECT count(*) FROM events) AS rows,
       (SELECT coalesce(sum(events), 0)::bigint FROM event_statistics_by_minute) AS counted`,
  )
  return row!
}
