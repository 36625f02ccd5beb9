import { mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { RepError } from '../../errors/rep-error.ts'
import type { Sql, SqlInsert, SqlRow, SqlSession, SqlValue } from '../../ports/sql.ts'
import { insertStatement } from './insert-statement.ts'
import { passedOver, sqlError, sqlState } from './sql-errors.ts'
import { PARSERS } from './sql-types.ts'

/** What PGlite and its transactions have in common. */
type Connection = Pick<PGlite, 'query' | 'exec'>

/**
 * Opens PostgreSQL inside this thread, its files in a directory that is made where it is missing. One opener at
 * a time: the caller sees to it.
 */
export async function openPgliteSql(directory: string): Promise<Sql> {
  mkdirSync(directory, { recursive: true })
  const place = `The embedded PostgreSQL in ${directory}`
  try {
    return new PgliteSql(await PGlite.create({ dataDir: directory, parsers: { ...PARSERS } }), place)
  } catch (error) {
    throw faultOf(error, place)
  }
}

class PgliteSession implements SqlSession {
  readonly #connection: Connection
  readonly #place: string

  constructor(connection: Connection, place: string) {
    this.#connection = connection
    this.#place = place
  }

  async query<Row extends SqlRow = SqlRow>(
    text: string,
    values: readonly SqlValue[] = [],
    signal?: AbortSignal,
  ): Promise<readonly Row[]> {
    return (await this.#ask<Row>(text, values, signal)).rows
  }

  async insert(batch: SqlInsert, signal?: AbortSignal): Promise<number> {
    if (batch.rows.length === 0) return 0
    const { text, json } = insertStatement(batch)
    return (await this.#ask(text, [json], signal)).affectedRows ?? 0
  }

  async script(text: string): Promise<void> {
    await this.#told(() => this.#connection.exec(text))
  }

  async #ask<Row>(text: string, values: readonly SqlValue[], signal: AbortSignal | undefined) {
    signal?.throwIfAborted()
    return this.#told(() => this.#connection.query<Row>(text, [...values]))
  }

  async #told<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw faultOf(error, this.#place)
    }
  }
}

class PgliteSql extends PgliteSession implements Sql {
  readonly capabilities = { driver: 'pglite', shared: false }
  readonly #database: PGlite
  readonly #where: string

  constructor(database: PGlite, place: string) {
    super(database, place)
    this.#database = database
    this.#where = place
  }

  async transaction<T>(work: (session: SqlSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    let rejected: { readonly error: unknown } | null = null
    try {
      return await this.#database.transaction(async (connection) => {
        try {
          const result = await work(new PgliteSession(connection, this.#where))
          signal?.throwIfAborted()
          return result
        } catch (error) {
          rejected = { error }
          throw error
        }
      })
    } catch (error) {
      if (rejected === null)
        throw /^(25P02)?$/.test(sqlState(error) ?? '') ? passedOver() : faultOf(error, this.#where)
      throw (rejected as { error: unknown }).error
    }
  }

  async close(): Promise<void> {
    if (!this.#database.closed) await this.#database.close()
  }
}

/** There is no connection to lose: what is not PostgreSQL's own answer does not pass by itself. */
function faultOf(error: unknown, place: string): RepError {
  if (sqlState(error) !== null || error instanceof RepError) return sqlError(error, place)
  const message = error instanceof Error ? error.message : String(error)
  return new RepError('REP_INTERNAL', `${place} failed: ${message}`, { cause: error })
}
