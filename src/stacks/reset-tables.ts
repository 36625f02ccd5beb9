import { openPostgresSql } from '../drivers/sql/postgres.ts'
import { RepError } from '../errors/rep-error.ts'
import { postgresAccess } from './service-access.ts'
import { dropSchema, ensureSchema } from './sql-schema.ts'
import type { StackDescription } from './stack-description.ts'

/**
 * Removes rep's tables from a stack's PostgreSQL; the next one that opens it makes them anew. A stack without one
 * has none, and one that does not answer keeps nobody from a run: who needs its tables will not get them.
 */
export async function resetTables(stack: StackDescription): Promise<void> {
  if (stack.postgres === undefined) return
  const { schema, ...address } = postgresAccess(stack)
  try {
    const sql = await openPostgresSql(address)
    try {
      await dropSchema(sql, schema)
      await ensureSchema(sql, schema)
    } finally {
      await sql.close()
    }
  } catch (error) {
    if (!(error instanceof RepError) || !error.retryable) throw error
  }
}
