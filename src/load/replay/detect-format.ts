import { RepError } from '../../errors/rep-error.ts'
import type { ColumnMap } from './column-map.ts'
import { mappedFormat } from './mapped-format.ts'
import { REES46_COLUMNS, rees46Format } from './rees46.ts'
import type { RowFormat } from './replay-row.ts'
import { UCI_ESHOP_COLUMNS, uciEshopFormat } from './uci-eshop.ts'

export const REPLAY_FORMATS = ['rees46', 'uci-eshop'] as const
export type ReplayFormatName = (typeof REPLAY_FORMATS)[number]

const KNOWN = {
  rees46: { columns: REES46_COLUMNS, open: rees46Format },
  'uci-eshop': { columns: UCI_ESHOP_COLUMNS, open: uciEshopFormat },
} as const

/** The columns of a format in the order of its files. */
export function columnsOf(format: ReplayFormatName): readonly string[] {
  return KNOWN[format].columns
}

export interface FormatWish {
  readonly format: ReplayFormatName | null
  readonly map: ColumnMap | null
}

/** The format that was asked for, else the one that the columns show; throws REP_INPUT where there is none. */
export function formatOf(header: readonly string[], { format, map }: FormatWish): RowFormat {
  if (map !== null) return mappedFormat({ name: 'mapped', map, header })
  const lacking = (name: ReplayFormatName) => KNOWN[name].columns.filter((column) => !header.includes(column))
  if (format !== null) {
    const missing = lacking(format)
    if (missing.length === 0) return KNOWN[format].open(header)
    throw new RepError('REP_INPUT', `A ${format} file has more columns: ${missing.join(', ')}.`, {
      details: [`columns of this file: ${header.join(', ')}`],
    })
  }
  const found = REPLAY_FORMATS.find((name) => lacking(name).length === 0)
  if (found !== undefined) return KNOWN[found].open(header)
  throw new RepError('REP_INPUT', 'The columns are those of no format that rep knows.', {
    details: [
      `columns of this file: ${header.join(', ')}`,
      `known without a mapping: ${REPLAY_FORMATS.join(', ')}`,
      'any other: --map user=COLUMN,item=COLUMN,time=COLUMN[,action=COLUMN][,session=…,category=…,price=…]',
    ],
  })
}
