import type { SqlInsert, SqlValue } from '../../ports/sql.ts'

interface Statement {
  readonly text: string
  readonly values: readonly string[]
}

/**
 * One statement for a batch of any size: a column is one parameter, a text that PostgreSQL reads as an array. The
 * text of a statement follows from table and columns alone, so the server plans it once.
 */
export function insertStatement({ table, columns, rows, onConflict }: SqlInsert): Statement {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map((type, i) => `$${i + 1}::text::${type}[]`)
  const conflict = onConflict === undefined ? '' : ` ON CONFLICT ${onConflict}`
  return {
    // Qualified by nothing: `WHERE true` keeps the parser from reading ON CONFLICT as a join's ON.
    text: `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')}) WHERE true${conflict}`,
    values: names.map((_, column) => arrayText(rows, column)),
  }
}

/** PostgreSQL's array literal of one column: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function arrayText(rows: readonly (readonly SqlValue[])[], column: number): string {
  let text = '{'
  for (let i = 0; i < rows.length; i++) {
    if (i > 0) text += ','
    text += elementText(rows[i]![column]!)
  }
  return `${text}}`
}

function elementText(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  return `"${valueText(value).replace(/["\\]/g, '\\$&')}"`
}

function valueText(value: string | object): string {
  if (typeof value === 'string') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return JSON.stringify(value)
}
