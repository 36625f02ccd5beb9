import type { EventLog } from '../../ports/event-log.ts'
import type { SqlSession } from '../../ports/sql.ts'
import { sourceOf } from './counters.ts'

/** Up to where the events of each partition are counted in PostgreSQL. */
export class Progress {
  readonly #log: EventLog
  readonly #sql: SqlSession

  constructor(log: EventLog, sql: SqlSession) {
    this.#log = log
    this.#sql = sql
  }

  /** Makes partitions known that are not yet: they are counted from the first offset that the log has. */
  async ensure(partitions: readonly { readonly topic: string; readonly partition: number }[]): Promise<void> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    const offsets = (await Promise.all(topics.map((topic) => this.#log.offsets(topic)))).flat()
    const earliest = new Map(offsets.map((at) => [sourceOf(at), at.earliest]))
    const sources = partitions.map(sourceOf)
    await this.#sql.insert({
      table: 'statistics_progress',
      columns: { source: 'text', next_offset: 'bigint' },
      rows: sources.map((source) => [source, earliest.get(source) ?? 0]),
      onConflict: 'DO NOTHING',
    })
  }

  /** The next offset by source. */
  async read(sources: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return readProgress(this.#sql, sources)
  }
}

/** The next offset to be counted by source; sources that nobody made known are absent. */
export async function readProgress(
  sql: SqlSession,
  sources: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.query<{ source: string; next_offset: number }>(
    'SELECT source, next_offset FROM statistics_progress WHERE source = ANY($1::text[])',
    [sources],
  )
  return new Map(rows.map(({ source, next_offset }) => [source, next_offset]))
}
