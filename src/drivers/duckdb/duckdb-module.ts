import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RepError } from '../../errors/rep-error.ts'

/** The part of DuckDB's client that rep uses: the package is an optional peer, so its types may be missing. */
export interface DuckdbModule {
  readonly DuckDBInstance: {
    create(path: string, options?: Readonly<Record<string, string>>): Promise<DuckdbInstance>
  }
}

export interface DuckdbInstance {
  connect(): Promise<DuckdbConnection>
  closeSync(): void
}

export interface DuckdbConnection {
  run(sql: string): Promise<DuckdbResult>
  interrupt(): void
  closeSync(): void
}

export interface DuckdbResult {
  columnNames(): readonly string[]
  columnTypes(): readonly { toString(): string }[]
  getRowsJson(): Promise<readonly (readonly unknown[])[]>
}

const NAME = '@duckdb/node-api'

/** Loads DuckDB: from beside rep, else from the working directory. Rejects with REP_ENVIRONMENT where it is missing. */
export async function loadDuckdb(): Promise<DuckdbModule> {
  const reasons: string[] = []
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const entry = createRequire(from).resolve(NAME)
      // A CommonJS package: its names are those of the default export.
      const loaded = (await import(pathToFileURL(entry).href)) as { default: DuckdbModule }
      return loaded.default
    } catch (error) {
      reasons.push(error instanceof Error ? error.message.split('\n')[0]! : String(error))
    }
  }
  throw new RepError('REP_ENVIRONMENT', 'DuckDB, which answers questions about a lake, cannot be loaded.', {
    details: [
      ...new Set(reasons),
      `Install it beside rep, some 70 MB: npm install ${NAME}`,
      'Or ask any other reader of Parquet: docs/lake.md says how the files lie.',
    ],
  })
}
