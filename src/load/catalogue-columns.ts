import type { Product } from '../domain/events.ts'
import { isId, parsePrice } from './replay/mapped-format.ts'

/** A product of one record, or in words why it is none. `number` counts the records, for those without an id. */
export type ReadProduct = (fields: readonly string[], number: number) => Product | string

/** Stock where the file gives none. */
export const CATALOGUE_STOCK = 100
const NO_CATEGORY = 'uncategorised'

/** The reader for a file of these columns; null where there is no column of names. */
export function productReader(header: readonly string[]): ReadProduct | null {
  if (header.includes('product_name')) return flipkart(header)
  if (header.includes('name')) return generic(header)
  return null
}

/** `id, name, category, description, price, stock`; all but the name may be missing. */
function generic(header: readonly string[]): ReadProduct {
  const field = fieldsOf(header)
  return (fields, number) =>
    checked({
      id: field(fields, 'id') ?? numbered(number),
      name: field(fields, 'name'),
      category: field(fields, 'category'),
      description: field(fields, 'description'),
      price: field(fields, 'price'),
      stock: field(fields, 'stock'),
    })
}

/** Flipkart's product sample: a category tree as JSON, a price before and one after the discount. */
function flipkart(header: readonly string[]): ReadProduct {
  const field = fieldsOf(header)
  return (fields, number) => {
    const tree = field(fields, 'product_category_tree')
    const brand = field(fields, 'brand')
    const description = field(fields, 'description')
    return checked({
      id: field(fields, 'uniq_id') ?? field(fields, 'pid') ?? numbered(number),
      name: field(fields, 'product_name'),
      category: tree === null ? null : categoryOf(tree),
      description:
        brand === null || description === null ? (description ?? brand) : `${description} ${brand}`,
      price: field(fields, 'discounted_price') ?? field(fields, 'retail_price'),
      stock: null,
    })
  }
}

/** The two upper levels of `["Clothing >> Women's Clothing >> Lingerie >> …"]`: lower ones have few products each. */
function categoryOf(tree: string): string {
  const path = /^\["?(.*?)"?\]$/s.exec(tree)?.[1] ?? tree
  return path
    .split('>>')
    .slice(0, CATEGORY_LEVELS)
    .map((level) => level.trim())
    .join(' > ')
}

const CATEGORY_LEVELS = 2

function checked(texts: Record<keyof Product, string | null>): Product | string {
  const { id, name, category, description } = texts
  if (name === null) return 'the name is empty'
  if (id === null || !isId(id)) return 'the id is too long'
  const price = parsePrice(texts.price)
  if (Number.isNaN(price)) return `the price “${texts.price}” is none`
  const stock = texts.stock === null ? CATALOGUE_STOCK : Number(texts.stock)
  if (!Number.isInteger(stock) || stock < 0 || stock > MOST_STOCK) return `the stock “${texts.stock}” is none`
  return {
    id,
    name,
    category: category ?? NO_CATEGORY,
    description: description ?? name,
    price: price ?? 0,
    stock,
  }
}

const MOST_STOCK = 2 ** 31 - 1

function fieldsOf(header: readonly string[]) {
  const positions = new Map(header.map((name, position) => [name, position]))
  return (fields: readonly string[], name: string): string | null => {
    const text = fields[positions.get(name) ?? -1]?.trim() ?? ''
    return text === '' ? null : text
  }
}

/** As generated products are called. */
function numbered(number: number): string {
  return `p-${String(number).padStart(6, '0')}`
}
