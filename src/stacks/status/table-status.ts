import { openPostgresSql } from '../../drivers/sql/postgres.ts'
import { postgresAccess } from '../service-access.ts'
import type { StackDescription } from '../stack-description.ts'

export interface TableStatus {
  readonly name: string
  /** Of a partitioned table all partitions' together. */
  readonly rows: number
  readonly partitions: number
  readonly bytes: number
}

/** Tables and what is in them; a partition is counted with its table. */
const TABLES = `
  SELECT c.oid::regclass::text AS name, c.relkind = 'p' AS partitioned,
    (SELECT count(*) FROM pg_inherits i WHERE i.inhparent = c.oid) AS partitions,
    pg_total_relation_size(c.oid)
      + COALESCE((SELECT sum(pg_total_relation_size(i.inhrelid)) FROM pg_inherits i WHERE i.inhparent = c.oid), 0)
      AS bytes
  FROM pg_class c
  WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  ORDER BY c.relname`

/** rep's tables in a stack's PostgreSQL, sorted by name, with exact row counts. None before the first use. */
export async function tableStatus(
  stack: StackDescription,
  signal: AbortSignal,
): Promise<readonly TableStatus[]> {
  const address = postgresAccess(stack)
  const sql = await openPostgresSql(address, signal)
  try {
    const schemas = await sql.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [address.schema], signal)
    if (schemas.length === 0) return []
    const tables = await sql.query<{ name: string; partitions: number; bytes: string }>(
      TABLES,
      [`"${address.schema}"`],
      signal,
    )
    const counted: TableStatus[] = []
    for (const { name, partitions, bytes } of tables) {
      const [row] = await sql.query<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`, [], signal)
      counted.push({ name, rows: row?.rows ?? 0, partitions, bytes: Number(bytes) })
    }
    return counted
  } finally {
    await sql.close()
  }
}
