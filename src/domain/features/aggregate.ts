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
  let best: string | null = null
  let bestCount = 0
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  for (let i = values.length - 1; i >= 0; i--) {
    const count = counts.get(values[i]!)!
    if (count > bestCount) {
      best = values[i]!
      bestCount = count
    }
  }
  return best
}

function prices(events: readonly FeatureEvent[]): number[] {
  return events.flatMap(({ price }) => (price === null ? [] : [price]))
}

function texts({ of }: WindowFeature, events: readonly FeatureEvent[]): string[] {
  return events.flatMap((event) => {
    if (of === 'price') return event.price === null ? [] : [String(event.price)]
    const value = of === 'category' ? event.category : event.productId
    return value === null ? [] : [value]
  })
}
