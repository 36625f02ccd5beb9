import { createHash } from 'node:crypto'
import { RepError } from '../../errors/rep-error.ts'
import type { Sql, SqlSession } from '../../ports/sql.ts'

/** A step of the database's tables. What is in a release stays as it is, name and text. */
export interface Migration {
  readonly name: string
  readonly text: string
}

type Applied = ReadonlyMap<string, string>

/** Same number in every process: who migrates, others wait for. */
const LOCK = 1_919_250_544

const TABLE = `CREATE TABLE IF NOT EXISTS migrations (
  name text PRIMARY KEY,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`

/**
 * Applies what is not applied yet, in order, each in a transaction of its own; returns the names of what it
 * applied. Any number of processes may call it at once. Rejects with REP_ENVIRONMENT, and changes nothing more,
 * where an applied migration is another one than ours of that name, or one that we do not have.
 */
export async function migrate(sql: Sql, migrations: readonly Migration[]): Promise<readonly string[]> {
  const done: string[] = []
  for (const migration of migrations) {
    const isNew = await sql.transaction(async (session) => {
      const applied = await lockedState(session)
      checkApplied(applied, migrations)
      if (applied.has(migration.name)) return false
      await session.script(migration.text)
      await session.query('INSERT INTO migrations (name, checksum) VALUES ($1, $2)', [
        migration.name,
        checksumOf(migration),
      ])
      return true
    })
    if (isNew) done.push(migration.name)
  }
  return done
}

/** What is applied; nobody else migrates until the transaction ends. */
async function lockedState(session: SqlSession): Promise<Applied> {
  await session.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
  await session.script(TABLE)
  const rows = await session.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM migrations ORDER BY name',
  )
  return new Map(rows.map(({ name, checksum }) => [name, checksum]))
}

function checkApplied(applied: Applied, migrations: readonly Migration[]): void {
  const ours = new Map(migrations.map((migration) => [migration.name, checksumOf(migration)]))
  const details = [...applied].flatMap(([name, checksum]) => {
    if (!ours.has(name)) return [`${name}: this version of rep does not have it`]
    return ours.get(name) === checksum
      ? []
      : [`${name}: was applied with another text than this version of rep has`]
  })
  if (details.length === 0) return
  throw new RepError(
    'REP_ENVIRONMENT',
    'The tables in PostgreSQL were made by another version of rep: use that version, or empty the database (rep down --volumes of a stack that rep started).',
    { details },
  )
}

/** Line ends are as git checked them out. */
function checksumOf({ text }: Migration): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
}
