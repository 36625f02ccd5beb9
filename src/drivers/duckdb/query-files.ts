import { RepError } from '../../errors/rep-error.ts'
import { type DuckdbResult, loadDuckdb } from './duckdb-module.ts'

export interface QueryResult {
  readonly columns: readonly string[]
  /** Values as JSON has them: numbers, texts, booleans, null, lists and objects. */
  readonly rows: readonly (readonly unknown[])[]
}

/** Nothing is fetched from anywhere: what DuckDB brings with it has to do. */
const OPTIONS = { autoinstall_known_extensions: 'false', TimeZone: 'UTC' }

/**
 * Answers a question about Parquet files, which are the table `events`, with `event_date` and `hour` from their
 * folders. Rejects with REP_USAGE and DuckDB's words where it does not understand it.
 */
export async function queryFiles(
  files: readonly string[],
  sql: string,
  signal?: AbortSignal,
): Promise<QueryResult> {
  const { DuckDBInstance } = await loadDuckdb()
  const { TimeZone, ...options } = OPTIONS
  const instance = await DuckDBInstance.create(':memory:', options)
  const connection = await instance.connect()
  const stop = (): void => connection.interrupt()
  signal?.addEventListener('abort', stop)
  try {
    await connection.run(`SET TimeZone = ${quoted(TimeZone)}`)
    await connection.run(eventsView(files))
    const result = await asUsage(() => connection.run(sql))
    return { columns: result.columnNames(), rows: await plainRows(result) }
  } finally {
    signal?.removeEventListener('abort', stop)
    connection.closeSync()
    instance.closeSync()
  }
}

function eventsView(files: readonly string[]): string {
  return `CREATE VIEW events AS SELECT * FROM read_parquet([${files.map(quoted).join(', ')}],
    union_by_name = true, hive_partitioning = true, hive_types = {'event_date': DATE, 'hour': INTEGER})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Whole numbers of 64 bits come as texts: those that a number can hold become one. */
async function plainRows(result: DuckdbResult): Promise<readonly (readonly unknown[])[]> {
  const whole = result.columnTypes().map((type) => /^U?(BIG|HUGE)INT$/.test(type.toString()))
  const rows = await asUsage(() => result.getRowsJson())
  return rows.map((row) => row.map((value, i) => (whole[i] ? plainNumber(value) : value)))
}

function plainNumber(value: unknown): unknown {
  return typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

async function asUsage<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const [first = '', ...more] = (error instanceof Error ? error.message : String(error)).trim().split('\n')
    throw new RepError('REP_USAGE', `DuckDB cannot answer that: ${first}`, {
      cause: error,
      details: more.filter((line) => line.trim() !== ''),
    })
  }
}
