import { ACTION_TYPES } from '../events.ts'
import type { FeatureDefinitions } from './definitions.ts'

const MINUTE = 60_000

/** What is computed where no file says otherwise; docs/features.md has it as YAML. */
export const DEFAULT_FEATURES: FeatureDefinitions = {
  latenessMs: 2000,
  sessionGapMs: 30 * MINUTE,
  recent: { products: 50, actions: ['VIEW', 'CLICK', 'ADD_TO_CART', 'PURCHASE', 'LIKE'] },
  windows: [
    { name: 'avg_viewed_price_10m', actions: ['VIEW'], aggregate: 'mean', of: 'price', overMs: 10 * MINUTE },
    {
      name: 'top_category_30m',
      actions: ACTION_TYPES.filter((type) => type !== 'IMPRESSION'),
      aggregate: 'top',
      of: 'category',
      overMs: 30 * MINUTE,
    },
  ],
  patterns: [
    {
      name: 'product_comparison',
      kind: 'run',
      actions: ['VIEW'],
      atLeast: 3,
      also: ['ADD_TO_CART'],
      alsoAtLeast: 2,
      holdMs: 30 * MINUTE,
      remind: false,
    },
    {
      name: 'cart_abandonment_risk',
      kind: 'absence',
      first: ['ADD_TO_CART'],
      unless: ['PURCHASE'],
      withinMs: 10 * MINUTE,
      same: 'user',
      holdMs: 30 * MINUTE,
      remind: true,
    },
  ],
}
