import { actionTypeOf } from '../../domain/action-names.ts'
import type { ActionType } from '../../domain/events.ts'
import { type ColumnMap, locateColumns } from './column-map.ts'
import { parseTime } from './parse-time.ts'
import type { RowFormat } from './replay-row.ts'

/** Longer ids are rather a sign of a wrong mapping, and stores limit the size of a key. */
export const MOST_ID_CHARS = 256
/** Actions that may be about no product. */
const WITHOUT_PRODUCT: ReadonlySet<ActionType> = new Set(['SEARCH', 'PAGE_VIEW', 'IMPRESSION'])

export interface MappedOptions {
  readonly name: string
  readonly map: ColumnMap
  readonly header: readonly string[]
  readonly invented?: readonly string[]
  /** Columns that go into the action's properties as they are, by property. */
  readonly properties?: Readonly<Record<string, string>>
  /** Column that stands in where the category is empty. */
  readonly categoryElse?: string
}

/** Any table of one action a row, by which column means what. */
export function mappedFormat(options: MappedOptions): RowFormat {
  const { name, map, header, invented = [], properties = {}, categoryElse } = options
  const at = locateColumns(map, header)
  const extras = Object.entries(properties).map(([key, column]) => [key, header.indexOf(column)] as const)
  const elseAt = categoryElse === undefined ? -1 : header.indexOf(categoryElse)
  return {
    name,
    invented: [...invented, ...made(map)],
    read(fields) {
      if (fields.length !== header.length) return columnCount(fields.length, header.length)
      const userId = fields[at.user]!.trim()
      if (!isId(userId)) return idFault('user', userId)
      const timestamp = parseTime(fields[at.time]!)
      if (Number.isNaN(timestamp)) return `the time “${shorten(fields[at.time]!)}” is none`
      const actionType = at.action < 0 ? 'VIEW' : actionTypeOf(fields[at.action]!)
      if (actionType === null) return `the action “${shorten(fields[at.action]!)}” is not known`
      const productId = optional(fields, at.item)
      if (productId === null && !WITHOUT_PRODUCT.has(actionType)) return 'the item is empty'
      if (productId !== null && !isId(productId)) return idFault('item', productId)
      const price = parsePrice(optional(fields, at.price))
      if (Number.isNaN(price)) return `the price “${shorten(fields[at.price]!)}” is none`
      return {
        action: {
          userId,
          sessionId: optional(fields, at.session) ?? userId,
          actionType,
          timestamp,
          productId,
          category: optional(fields, at.category) ?? optional(fields, elseAt),
          price,
          query: optional(fields, at.query),
          properties: propertiesOf(extras, fields),
        },
        product: facts(fields, at),
      }
    },
  }
}

/** The reason for which a record of another width is refused. */
export function columnCount(found: number, expected: number): string {
  return `${found} columns, where ${expected} are expected`
}

/** Text of a field for a message. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** A price; null where there is none, NaN where it cannot be read. */
export function parsePrice(text: string | null): number | null {
  if (text === null) return null
  const price = Number(text)
  return price >= 0 && price < Infinity ? price : Number.NaN
}

export function isId(text: string): boolean {
  return text.length > 0 && text.length <= MOST_ID_CHARS
}

export function idFault(what: string, id: string): string {
  return id === '' ? `the ${what} is empty` : `the ${what} is longer than ${MOST_ID_CHARS} characters`
}

/** The text of a field; null where it is empty or not mapped. */
function optional(fields: readonly string[], position: number): string | null {
  const text = position < 0 ? '' : fields[position]!.trim()
  return text === '' ? null : text
}

type Positions = ReturnType<typeof locateColumns>

function facts(fields: readonly string[], at: Positions) {
  const name = optional(fields, at.name)
  const brand = optional(fields, at.brand)
  const description = optional(fields, at.description)
  return {
    ...(name === null ? {} : { name }),
    ...(brand === null ? {} : { brand }),
    ...(description === null ? {} : { description }),
  }
}

function propertiesOf(extras: readonly (readonly [string, number])[], fields: readonly string[]) {
  const properties: Record<string, string> = {}
  for (const [key, position] of extras) {
    const text = optional(fields, position)
    if (text !== null) properties[key] = text
  }
  return properties
}

function made(map: ColumnMap): string[] {
  return [
    ...(map.action === undefined ? ['every row counts as a view: no column says what was done'] : []),
    ...(map.session === undefined ? ['each user has one session: no column names sessions'] : []),
  ]
}
