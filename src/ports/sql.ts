/** A value of a row, in both directions; `unknown[]` is an array of them. Objects are stored as JSON. */
export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | object | null

/**
 * A row by column name. On every driver bigint comes as number, numeric as string, timestamptz as Date, date as
 * `YYYY-MM-DD`, json as what it holds, bytea as Uint8Array.
 */
export type SqlRow = Readonly<Record<string, unknown>>

export interface SqlInsert {
  readonly table: string
  /** PostgreSQL's type by column, in the order of each row's values. */
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly (readonly SqlValue[])[]
  /** What follows `ON CONFLICT`, e.g. `DO NOTHING`. Default: a conflict rejects with REP_INTERNAL. */
  readonly onConflict?: string
}

/** What can be asked of a database, in a transaction or outside of one. */
export interface SqlSession {
  /** Runs one statement with parameters `$1`, `$2` …; the rows that it returns. */
  query<Row extends SqlRow = SqlRow>(
    text: string,
    values?: readonly SqlValue[],
    signal?: AbortSignal,
  ): Promise<readonly Row[]>
  /**
   * Inserts a batch by one statement. Characters that PostgreSQL cannot hold (NUL, half a surrogate pair) become
   * U+FFFD. Two rows of a batch that conflict with each other are an error where `onConflict` updates.
   * Resolves to how many rows were inserted or updated; those that it did nothing with are not counted.
   */
  insert(batch: SqlInsert, signal?: AbortSignal): Promise<number>
  /** Runs statements that take no parameters and return nothing, separated by semicolons. */
  script(text: string): Promise<void>
}

/**
 * PostgreSQL. Lost connections, deadlocks and a server that is starting or stopping reject with
 * REP_STORE_UNAVAILABLE (retryable: nothing of a transaction was stored, or its commit was not answered);
 * statements that the server refuses with REP_INTERNAL.
 */
export interface Sql extends SqlSession {
  readonly capabilities: {
    readonly driver: string
    /** True where several threads and processes may have the database open at once. */
    readonly shared: boolean
  }
  /** Runs `work` on one connection: committed when it resolves, rolled back when it rejects. Never nested. */
  transaction<T>(work: (session: SqlSession) => Promise<T>, signal?: AbortSignal): Promise<T>
  close(): Promise<void>
}
