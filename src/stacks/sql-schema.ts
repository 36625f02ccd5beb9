import type { Sql } from '../ports/sql.ts'

/** On schemas that rep made: nothing else about a schema says who did. */
const NOTE = 'createdBy: rep'

/** Whose the schema of this name is. */
export async function schemaState(sql: Sql, name: string): Promise<'missing' | 'owned' | 'foreign'> {
  const [schema] = await sql.query<{ note: string | null }>(
    "SELECT obj_description(oid, 'pg_namespace') AS note FROM pg_namespace WHERE nspname = $1",
    [name],
  )
  if (schema === undefined) return 'missing'
  return schema.note === NOTE ? 'owned' : 'foreign'
}

/** Makes the schema where it is missing; any number of processes may do so at once. */
export async function ensureSchema(sql: Sql, name: string): Promise<void> {
  if ((await schemaState(sql, name)) !== 'missing') return
  await sql.transaction(async (session) => {
    // Of two that find it missing, the second waits here.
    await session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`rep ${name}`])
    const made = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [name])
    if (made.length > 0) return
    await session.script(`CREATE SCHEMA ${quoted(name)}; COMMENT ON SCHEMA ${quoted(name)} IS '${NOTE}'`)
  })
}

/** Removes a schema of rep's with all that is in it; one of anybody else's stays. */
export async function dropSchema(sql: Sql, name: string): Promise<void> {
  if ((await schemaState(sql, name)) === 'owned') await sql.script(`DROP SCHEMA ${quoted(name)} CASCADE`)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
