import pg from 'pg'
import { RepError } from '../../errors/rep-error.ts'
import { connectionConfig, type PostgresAddress, placeOf } from './postgres-address.ts'
import { sqlError, sqlState } from './sql-errors.ts'
import { ARRAYS, PARSERS } from './sql-types.ts'

const CONNECT_MS = 5000
/** A statement that has taken so long is ended by the server; soon after, a server that is silent is given up. */
const STATEMENT_MS = 60_000
const SILENCE_MS = STATEMENT_MS + 5000
const CONNECTIONS = 4

/** Connections that are made when they are needed and come back by themselves. */
export class PostgresPool {
  readonly #pool: pg.Pool
  readonly #place: string
  readonly #log: (line: string) => void
  #up = true
  #closed = false

  constructor(address: PostgresAddress) {
    this.#place = placeOf(address)
    this.#log = address.log ?? (() => undefined)
    this.#pool = new pg.Pool({
      ...connectionConfig(address),
      application_name: 'rep',
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: SILENCE_MS,
      keepAlive: true,
      types: { getTypeParser: parserOf } as pg.CustomTypesConfig,
      onConnect: (client) => setUp(client, address.schema),
    })
    // Of connections that nobody uses now; whoever uses one is told by a rejection.
    this.#pool.on('error', (error) => this.#lost(error))
  }

  /**
   * Lends a connection to `work`. It is closed afterwards where the server did not answer on it, and at once when
   * `signal` is aborted: what `work` waits for then rejects.
   */
  async with<T>(work: (client: pg.PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const client = await this.#connect()
    let broken = false
    const end = (): void => {
      broken = true
      // Ends what is waited for; `end()` would wait for the statement itself.
      streamOf(client).destroy()
    }
    // Without a listener, a connection that is lost between two statements would end the process.
    const onError = (): void => {
      broken = true
    }
    client.on('error', onError)
    signal?.addEventListener('abort', end, { once: true })
    try {
      signal?.throwIfAborted()
      return await work(client)
    } catch (error) {
      broken ||= error instanceof RepError && error.retryable && isLost(error.cause)
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', end)
      client.removeListener('error', onError)
      client.release(broken)
    }
  }

  /** One statement's answer, or what its failure means; a connection that `signal` ended is none that was lost. */
  async ask<T>(question: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const answer = await question()
      if (!this.#up) {
        this.#up = true
        this.#log(`postgres: connected to ${this.#place} again`)
      }
      return answer
    } catch (error) {
      signal?.throwIfAborted()
      const failure = sqlError(error, `PostgreSQL at ${this.#place}`)
      if (failure.code === 'REP_STORE_UNAVAILABLE' && isLost(error)) this.#lost(error)
      throw failure
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }

  #connect(): Promise<pg.PoolClient> {
    return this.ask(() => this.#pool.connect())
  }

  #lost(error: unknown): void {
    if (!this.#up || this.#closed) return
    this.#up = false
    const reason = error instanceof Error ? error.message : String(error)
    this.#log(`postgres: connection to ${this.#place} lost (${reason}), trying to reconnect`)
  }
}

/** No answer of a server, or one that says farewell; a deadlock is no lost connection. */
function isLost(error: unknown): boolean {
  const code = sqlState(error)
  return code === null || /^(08|57P)/.test(code)
}

async function setUp(client: pg.ClientBase, schema: string | undefined): Promise<void> {
  const path = schema === undefined ? '' : `SET search_path TO ${pg.escapeIdentifier(schema)};`
  await client.query(`${path}SET statement_timeout TO ${STATEMENT_MS}; SET TIME ZONE 'UTC'`)
}

function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  const element = ARRAYS[oid]
  if (element === undefined) return PARSERS[oid] ?? pg.types.getTypeParser(oid, format)
  const texts = pg.types.getTypeParser(TEXT_ARRAY as number, 'text') as (text: string) => (string | null)[]
  return (text: string) => texts(text).map((item) => (item === null ? null : PARSERS[element]?.(item)))
}

const TEXT_ARRAY = 1009

/** The client's socket, which its types keep to themselves. */
function streamOf(client: pg.PoolClient): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
}
