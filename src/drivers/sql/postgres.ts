import type pg from 'pg'
import type { Sql, SqlInsert, SqlRow, SqlSession, SqlValue } from '../../ports/sql.ts'
import { insertStatement } from './insert-statement.ts'
import type { PostgresAddress } from './postgres-address.ts'
import { PostgresPool } from './postgres-pool.ts'
import { passedOver } from './sql-errors.ts'

/** A PostgreSQL server. */
export interface PostgresSql extends Sql {
  serverVersion(signal?: AbortSignal): Promise<string>
}

/**
 * Opens a PostgreSQL server. Rejects with REP_STORE_UNAVAILABLE where nothing answers, with REP_ENVIRONMENT where
 * it refuses the user or has no such database; afterwards connections come back by themselves, and every call
 * rejects with REP_STORE_UNAVAILABLE until one has.
 */
export async function openPostgresSql(address: PostgresAddress, signal?: AbortSignal): Promise<PostgresSql> {
  const pool = new PostgresPool(address)
  try {
    await pool.with(async () => undefined, signal)
  } catch (error) {
    await pool.close()
    throw error
  }
  return new Postgres(pool)
}

/** Asks one statement of a connection. */
type Ask = (
  statement: { text: string; values?: unknown[] },
  signal: AbortSignal | undefined,
) => Promise<pg.QueryResult>

class PostgresSession implements SqlSession {
  readonly #ask: Ask

  constructor(ask: Ask) {
    this.#ask = ask
  }

  async query<Row extends SqlRow = SqlRow>(
    text: string,
    values: readonly SqlValue[] = [],
    signal?: AbortSignal,
  ): Promise<readonly Row[]> {
    return (await this.#ask({ text, values: [...values] }, signal)).rows as Row[]
  }

  async insert(batch: SqlInsert, signal?: AbortSignal): Promise<number> {
    if (batch.rows.length === 0) return 0
    const { text, json } = insertStatement(batch)
    return (await this.#ask({ text, values: [json] }, signal)).rowCount ?? 0
  }

  async script(text: string): Promise<void> {
    await this.#ask({ text }, undefined)
  }
}

class Postgres extends PostgresSession implements PostgresSql {
  readonly capabilities = { driver: 'pg', shared: true }
  readonly #pool: PostgresPool

  constructor(pool: PostgresPool) {
    super((statement, signal) =>
      pool.with((client) => pool.ask(() => client.query(statement), signal), signal),
    )
    this.#pool = pool
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const pool = this.#pool
    return pool.with(async (client) => {
      const ask = (text: string): Promise<pg.QueryResult> => pool.ask(() => client.query(text), signal)
      await ask('BEGIN')
      try {
        const session = new PostgresSession((statement, own) => {
          own?.throwIfAborted()
          return pool.ask(() => client.query(statement), signal)
        })
        const result = await work(session)
        // The server answers the commit of a failed transaction by rolling it back, without an error.
        if ((await ask('COMMIT')).command !== 'COMMIT') throw passedOver()
        return result
      } catch (error) {
        // Where the connection is gone, so is the transaction.
        await ask('ROLLBACK').catch(() => undefined)
        throw error
      }
    }, signal)
  }

  async serverVersion(signal?: AbortSignal): Promise<string> {
    const [row] = await this.query<{ server_version: string }>('SHOW server_version', [], signal)
    return row?.server_version.split(' ')[0] ?? 'unknown'
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
