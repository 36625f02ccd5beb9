import type { SqlInsert, SqlValue } from '../../ports/sql.ts'

interface Statement {
  readonly text: string
  /** The statement's one parameter. */
  readonly json: string
}

/**
 * One statement for a batch of any size: its rows are one parameter, a JSON text that PostgreSQL takes apart
 * (docs/decisions/0012-sql.md says why not COPY).
 */
export function insertStatement({ table, columns, rows, onConflict }: SqlInsert): Statement {
  const names = Object.keys(columns)
  const types = Object.entries(columns).map(([name, type]) => `${name} ${type}`)
  const conflict = onConflict === undefined ? '' : ` ON CONFLICT ${onConflict}`
  return {
    text: `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM json_to_recordset($1::text::json) AS batch (${types.join(', ')}) WHERE true${conflict}`,
    json: rowsText(names, rows),
  }
}

function rowsText(names: readonly string[], rows: readonly (readonly SqlValue[])[]): string {
  const keys = names.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  let text = '['
  for (let row = 0; row < rows.length; row++) {
    if (row > 0) text += ','
    for (let i = 0; i < keys.length; i++) text += keys[i] + valueText(rows[row]![i]!)
    text += '}'
  }
  return `${text}]`
}

function valueText(value: SqlValue): string {
  if (typeof value === 'string') return storableJson(value)
  if (typeof value === 'bigint') return `"${value}"`
  // JSON has no NaN and no infinity; PostgreSQL reads them from a text.
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString('hex')}"`
  return storableJson(value)
}

/** What PostgreSQL refuses in a text, as JSON.stringify writes it: NUL, and half a surrogate pair. */
const REFUSED = /\\u(0000|d[89a-f])/

/** One such character must not keep a whole batch out: it becomes U+FFFD. */
function storableJson(value: string | boolean | object | null): string {
  const text = JSON.stringify(value)
  return REFUSED.test(text) ? JSON.stringify(value, (_, inner: unknown) => storable(inner)) : text
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), inner]))
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
