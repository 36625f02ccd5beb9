import { migrate } from '../drivers/sql/migrate.ts'
import { openPostgresSql, type PostgresSql } from '../drivers/sql/postgres.ts'
import type { PostgresAddress } from '../drivers/sql/postgres-address.ts'
import { RepError } from '../errors/rep-error.ts'
import { readMigrations } from './read-migrations.ts'
import { ensureSchema, schemaState } from './sql-schema.ts'

/** PostgreSQL of a stack of services, and where in it rep's tables are. */
export type ServiceSqlOptions = PostgresAddress & {
  readonly schema: string
  /** True: the schema is made where it is missing. Else rep must have made it before (`--create`). */
  readonly mayCreate: boolean
}

/**
 * Opens a stack's PostgreSQL, all migrations applied. Rejects with REP_ENVIRONMENT where it does not answer, with
 * REP_MISSING or REP_FOREIGN where the schema is not there or not rep's.
 */
export async function openServiceSql({ mayCreate, ...address }: ServiceSqlOptions): Promise<PostgresSql> {
  const sql = await openAnswering(address)
  try {
    if (mayCreate) await ensureSchema(sql, address.schema)
    await requireOwned(sql, address.schema)
    await migrate(sql, readMigrations())
    return sql
  } catch (error) {
    await sql.close()
    throw error
  }
}

async function openAnswering(address: PostgresAddress): Promise<PostgresSql> {
  try {
    return await openPostgresSql(address)
  } catch (error) {
    if (!(error instanceof RepError) || !error.retryable) throw error
    throw new RepError('REP_ENVIRONMENT', `${error.message}. Start it again, or see rep status.`, {
      cause: error,
    })
  }
}

async function requireOwned(sql: PostgresSql, schema: string): Promise<void> {
  const state = await schemaState(sql, schema)
  if (state === 'owned') return
  if (state === 'missing')
    throw new RepError('REP_MISSING', `PostgreSQL has no schema ${schema}, where rep's tables would be.`)
  throw new RepError('REP_FOREIGN', `PostgreSQL has a schema ${schema} that rep did not create.`)
}
