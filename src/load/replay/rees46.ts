import { mappedFormat } from './mapped-format.ts'
import type { RowFormat } from './replay-row.ts'

/** Columns by which a REES46 file is known. */
export const REES46_COLUMNS = [
  'event_time',
  'event_type',
  'product_id',
  'category_id',
  'category_code',
  'brand',
  'price',
  'user_id',
  'user_session',
] as const

/** REES46 eCommerce behaviour data: a store with many categories. Category ids are too large for numbers. */
export function rees46Format(header: readonly string[]): RowFormat {
  return mappedFormat({
    name: 'rees46',
    header,
    map: {
      user: 'user_id',
      item: 'product_id',
      time: 'event_time',
      action: 'event_type',
      session: 'user_session',
      category: 'category_code',
      price: 'price',
      brand: 'brand',
    },
    categoryElse: 'category_id',
    properties: { brand: 'brand', categoryId: 'category_id' },
  })
}
