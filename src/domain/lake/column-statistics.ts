import type { Statistics } from 'hyparquet'
import type { CodedValues } from './column-values.ts'
import type { LakeColumn } from './lake-columns.ts'

/** With what hyparquet's type does not know of yet. */
export type ColumnStatistics = Statistics & { readonly nan_count?: bigint }

/** Nulls, the least value and the greatest: of each distinct value once, however many rows have it. */
export function statisticsOf({ kind }: LakeColumn, values: CodedValues): ColumnStatistics {
  const bounds = kind === 'double' ? boundsOfDoubles(values) : boundsOfTexts(values)
  return { ...bounds, null_count: BigInt(values.nulls) }
}

/** By their bytes, as Parquet orders texts: that is the order of code points. */
function boundsOfTexts({ dictionary }: CodedValues): ColumnStatistics {
  if (dictionary.count === 0) return {}
  let [least, greatest] = [0, 0]
  for (let code = 1; code < dictionary.count; code++) {
    if (dictionary.compare(code, least) < 0) least = code
    else if (dictionary.compare(code, greatest) > 0) greatest = code
  }
  // Copied: a view would keep the whole dictionary until the file is finished.
  return {
    min_value: Uint8Array.from(dictionary.value(least)),
    max_value: Uint8Array.from(dictionary.value(greatest)),
  }
}

/** Parquet leaves NaN out, and has the lesser zero as the least and the greater one as the greatest. */
function boundsOfDoubles({ dictionary, codes }: CodedValues): ColumnStatistics {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let nans = 0
  for (let code = 0; code < dictionary.count; code++) {
    const value = dictionary.value(code).readDoubleLE()
    if (Number.isNaN(value)) nans += codes.filter((each) => each === code).length
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  const nan_count = BigInt(nans)
  if (least > greatest) return { nan_count }
  return {
    min_value: least === 0 ? -0 : least,
    max_value: greatest === 0 ? 0 : greatest,
    nan_count,
  }
}
