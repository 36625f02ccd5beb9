import { openPostgresSql } from '../../drivers/sql/postgres.ts'
import type { PostgresAddress } from '../../drivers/sql/postgres-address.ts'

/** The server's version. Rejects where it does not answer, or not yet. */
export async function postgresVersion(address: PostgresAddress, signal: AbortSignal): Promise<string> {
  const sql = await openPostgresSql(address, signal)
  try {
    return await sql.serverVersion(signal)
  } finally {
    await sql.close()
  }
}
