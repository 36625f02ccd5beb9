import { basename } from 'node:path'
import type { Product } from '../domain/events.ts'
import { RepError } from '../errors/rep-error.ts'
import { productReader } from './catalogue-columns.ts'
import { columnCount } from './replay/mapped-format.ts'
import { openTable } from './replay/read-table.ts'
import type { Rejected } from './replay/replay-row.ts'

/** The products of a file and what could not be read. */
export interface CatalogueFile {
  /** In file order: the first counts as the most popular. */
  readonly products: readonly Product[]
  /** Records that are no product, and all but the first product of an id. */
  readonly rejected: number
  /** The first few of them. */
  readonly firstRejects: readonly Omit<Rejected, 'text'>[]
}

const FIRST_REJECTS = 5

/**
 * Reads a catalogue from CSV or JSON lines, gzip or not: columns `id, name, category, description, price,
 * stock`, or Flipkart's. A record that cannot be read is left out and counted. Throws REP_INPUT for a file
 * that cannot be read at all, or holds no product.
 */
export async function loadCatalogueFile(file: string): Promise<CatalogueFile> {
  const table = await openTable(file)
  const name = basename(file)
  if (table === null) throw new RepError('REP_INPUT', `The catalogue ${name} holds no product.`)
  const { header } = table
  const read = productReader(header)
  if (read === null) {
    throw new RepError('REP_INPUT', `The catalogue ${name} has no column name.`, {
      details: [
        `its columns: ${header.join(', ')}`,
        'expected: id, name, category, description, price, stock',
      ],
    })
  }
  const products = new Map<string, Product>()
  const firstRejects: Omit<Rejected, 'text'>[] = []
  let rejected = 0
  let records = 0
  for await (const batch of table.records) {
    for (const { line, fields, reason } of batch) {
      const number = records++
      let product: Product | string
      if (fields === null) product = reason
      else if (fields.length !== header.length) product = columnCount(fields.length, header.length)
      else product = read(fields, number)
      if (typeof product !== 'string' && products.has(product.id)) product = `a second product ${product.id}`
      if (typeof product !== 'string') {
        products.set(product.id, product)
        continue
      }
      rejected++
      if (firstRejects.length < FIRST_REJECTS) firstRejects.push({ line, reason: product })
    }
  }
  if (products.size === 0) {
    throw new RepError('REP_INPUT', `The catalogue ${name} holds no readable product.`, {
      details: firstRejects.map(({ line, reason }) => `line ${line}: ${reason}`),
    })
  }
  return { products: [...products.values()], rejected, firstRejects }
}
