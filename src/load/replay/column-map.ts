import { RepError } from '../../errors/rep-error.ts'

/** What a column can mean. */
export const COLUMN_ROLES = [
  'user',
  'item',
  'time',
  'action',
  'session',
  'category',
  'price',
  'query',
  'name',
  'brand',
  'description',
] as const
export type ColumnRole = (typeof COLUMN_ROLES)[number]
/** Without these a row is no action of a user at a time. */
const NEEDED: readonly ColumnRole[] = ['user', 'item', 'time']

/** Name of the column of each role; with `--no-header` its number, from 1. */
export type ColumnMap = Readonly<Partial<Record<ColumnRole, string>>>

/** Reads `user=user_id,item=product_id,time=event_time`; throws REP_USAGE naming everything that is wrong. */
export function parseColumnMap(text: string): ColumnMap {
  const faults: string[] = []
  const map: Partial<Record<ColumnRole, string>> = {}
  for (const part of text.split(',')) {
    const equals = part.indexOf('=')
    const role = COLUMN_ROLES.find((known) => known === part.slice(0, Math.max(0, equals)).trim())
    const column = part.slice(equals + 1).trim()
    if (role === undefined) faults.push(`“${part}”: expected what=column`)
    else if (column === '') faults.push(`“${part}”: expected the name of a column after =`)
    else if (map[role] !== undefined) faults.push(`“${part}”: ${role} is mapped twice`)
    else map[role] = column
  }
  const missing = NEEDED.filter((role) => map[role] === undefined)
  if (faults.length === 0 && missing.length > 0) faults.push(`missing: ${missing.join(', ')}`)
  if (faults.length > 0) {
    throw new RepError('REP_USAGE', '--map does not say which columns to read.', {
      details: [
        ...faults,
        `what a column can be: ${COLUMN_ROLES.join(', ')}`,
        'example: --map user=user_id,item=product_id,action=event_type,time=event_time',
      ],
    })
  }
  return map
}

/** Position of each mapped column, -1 where not mapped; throws REP_INPUT naming the columns that are not there. */
export function locateColumns(
  map: ColumnMap,
  header: readonly string[],
): Readonly<Record<ColumnRole, number>> {
  const missing: string[] = []
  const positions = COLUMN_ROLES.map((role) => {
    const column = map[role]
    if (column === undefined) return [role, -1] as const
    const position = header.indexOf(column)
    if (position < 0) missing.push(`${role}=${column}`)
    return [role, position] as const
  })
  if (missing.length > 0) {
    throw new RepError('REP_INPUT', `The file has no such column: ${missing.join(', ')}.`, {
      details: [`its columns: ${header.join(', ')}`],
    })
  }
  return Object.fromEntries(positions) as Record<ColumnRole, number>
}
