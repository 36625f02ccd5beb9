import type { FeatureEvent, WindowFeature } from './definitions.ts'

/** The value of a window over its events, which are in order; null where none has anything to say. */
export function aggregate(feature: WindowFeature, events: readonly FeatureEvent[]): number | string | null {
  switch (feature.aggregate) {
    case 'count':
      return feature.of === null ? events.length : texts(feature, events).length
    case 'distinct':
      return new Set(texts(feature, events)).size
    case 'top':
      return mostFrequent(texts(feature, events))
    default:
      return ofNumbers(feature.aggregate, prices(events))
  }
}

function ofNumbers(kind: 'sum' | 'mean' | 'min' | 'max', values: readonly number[]): number | null {
  if (values.length === 0) return null
  if (kind === 'min') return Math.min(...values)
  if (kind === 'max') return Math.max(...values)
  const sum = values.reduce((total, value) => total + value, 0)
  return kind === 'sum' ? sum : sum / values.length
}

/** The most frequent; of several, the one that came last. */
function mostFrequent(values: readonly string[]): string | null {
  const counts = new Map<string, number>()
  let most = 0
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1
    counts.set(value, count)
    if (count > most) most = count
  }
  return values.findLast((value) => counts.get(value) === most) ?? null
}

function prices(events: readonly FeatureEvent[]): number[] {
  const values: number[] = []
  for (const { price } of events) if (price !== null) values.push(price)
  return values
}

function texts({ of }: WindowFeature, events: readonly FeatureEvent[]): string[] {
  const values: string[] = []
  for (const { price, category, productId } of events) {
    const value = of === 'price' ? price : of === 'category' ? category : productId
    if (value !== null) values.push(String(value))
  }
  return values
}
