import { hashWord } from '../../kernel/random.ts'
import { columnCount, idFault, isId, parsePrice, shorten } from './mapped-format.ts'
import type { RowFormat } from './replay-row.ts'

/** Columns by which the file is known. */
export const UCI_ESHOP_COLUMNS = [
  'year',
  'month',
  'day',
  'order',
  'country',
  'session ID',
  'page 1 (main category)',
  'page 2 (clothing model)',
  'colour',
  'location',
  'model photography',
  'price',
  'price 2',
  'page',
] as const

// What the numbers mean, from the description that comes with the data set.
const CATEGORIES = ['trousers', 'skirts', 'blouses', 'sale'] as const
const COLOURS = [
  'beige',
  'black',
  'blue',
  'brown',
  'burgundy',
  'gray',
  'green',
  'navy blue',
  'multicoloured',
  'olive',
  'pink',
  'red',
  'violet',
  'white',
] as const
const PHOTOGRAPHS = ['en face', 'in profile'] as const

const HOUR_MS = 3_600_000
const CLICK_GAP_MS = 60_000
/** Sessions begin in the first part of the day, so that a long one still ends on it. */
const LAST_START_MS = 20 * HOUR_MS
const LAST_CLICK_MS = 24 * HOUR_MS - 1
/** What the times of a day follow from, beside date and session. */
const SPREAD = 2008

/** UCI data set 553, "Clickstream data for online shopping" (Łapczyński, Białowąs; CC BY 4.0). */
export function uciEshopFormat(header: readonly string[]): RowFormat {
  const at = UCI_ESHOP_COLUMNS.map((column) => header.indexOf(column))
  return {
    name: 'uci-eshop',
    invented: [
      'times of day: each session begins between 00:00 and 20:00 of its day, as a hash of date and session ' +
        'has it, and its clicks follow 60 s apart in their order',
      'users: each session counts as one',
      'actions: every row is a click',
    ],
    read(fields) {
      if (fields.length !== header.length) return columnCount(fields.length, header.length)
      const [
        year,
        month,
        day,
        order,
        country,
        session,
        category,
        model,
        colour,
        location,
        photograph,
        price,
      ] = at.map((position) => fields[position]!.trim()) as [string, string, string, ...string[]]
      if (!isId(session!)) return idFault('session', session!)
      if (!isId(model!)) return idFault('clothing model', model!)
      const timestamp = spread({ year, month, day, order: order!, session: session! })
      if (Number.isNaN(timestamp)) return `${shorten(`${year}-${month}-${day}, click ${order}`)} is no time`
      const cost = parsePrice(price === '' ? null : price!)
      if (Number.isNaN(cost)) return `the price “${shorten(price!)}” is none`
      const kind = named(CATEGORIES, category!)
      const shade = named(COLOURS, colour!)
      return {
        action: {
          userId: session!,
          sessionId: session!,
          actionType: 'CLICK',
          timestamp,
          productId: model!,
          category: kind,
          price: cost,
          query: null,
          properties: { country: country!, location: location!, page: fields[at[13]!]!.trim() },
        },
        product: {
          name: `${shade} ${kind} ${model}`,
          description: `${shade} ${kind}, model ${model}, photographed ${named(PHOTOGRAPHS, photograph!)}`,
        },
      }
    },
  }
}

interface Click {
  readonly year: string
  readonly month: string
  readonly day: string
  /** Number of the click in its session, from 1. */
  readonly order: string
  readonly session: string
}

/** The file knows only the day: the rest follows from the session and the click's number, the same each time. */
function spread({ year, month, day, order, session }: Click): number {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  const click = Number(order)
  const real = date.getUTCDate() === Number(day) && date.getUTCMonth() === Number(month) - 1
  if (!real || Number(year) < 1970 || !Number.isInteger(click) || click < 1) return Number.NaN
  const startMs = hashWord(SPREAD, `${year}-${month}-${day}/${session}`) % LAST_START_MS
  return date.getTime() + Math.min(LAST_CLICK_MS, startMs + (click - 1) * CLICK_GAP_MS)
}

/** The word for a number from 1; the number itself where there is none. */
function named(words: readonly string[], number: string): string {
  return words[Number(number) - 1] ?? number
}
