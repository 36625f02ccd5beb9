import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '../drivers/sql/migrate.ts'
import { openPgliteSql } from '../drivers/sql/pglite.ts'
import type { Sql } from '../ports/sql.ts'
import { copyEmptyDatabase } from './pglite-template.ts'
import { readMigrations } from './read-migrations.ts'
import { lockDirectory } from './stack-lock.ts'

/**
 * Opens the embedded PostgreSQL below a directory. Its files bear one opener at a time: a second one, whatever
 * thread or process it is, is refused with REP_STACK_BUSY.
 */
export async function openEmbeddedSql(directory: string): Promise<Sql> {
  const release = lockDirectory(directory, ({ pid }) => busy(directory, pid))
  try {
    const data = join(directory, 'data')
    if (!existsSync(data)) await copyEmptyDatabase(data)
    const sql = await openPgliteSql(data)
    try {
      await migrate(sql, readMigrations())
    } catch (error) {
      await sql.close()
      throw error
    }
    return releasedAfter(sql, release)
  } catch (error) {
    release()
    throw error
  }
}

function busy(directory: string, pid: number): string {
  const holder = pid === process.pid ? 'this process already' : `process ${pid}`
  return `The embedded PostgreSQL in ${directory} is open in ${holder}, and only one thread may have it: stop that one first, or use a stack of services (rep up), where PostgreSQL is shared.`
}

function releasedAfter(sql: Sql, release: () => void): Sql {
  return {
    capabilities: sql.capabilities,
    query: (text, values, signal) => sql.query(text, values, signal),
    insert: (batch, signal) => sql.insert(batch, signal),
    script: (text) => sql.script(text),
    transaction: (work, signal) => sql.transaction(work, signal),
    close: async () => {
      try {
        await sql.close()
      } finally {
        release()
      }
    },
  }
}
