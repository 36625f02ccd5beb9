import type { ActionLoad, Scenario } from '../../../src/config/scenario.ts'
import type { InventoryScenario } from '../../../src/load/inventory-source.ts'

type Parts = Partial<Pick<Scenario, 'seed' | 'startsAtMs' | 'warmupMs'>> & {
  readonly actions?: Partial<ActionLoad>
  readonly inventory?: Partial<Scenario['load']['inventory']>
  readonly users?: Partial<Scenario['users']>
  readonly catalogue?: Partial<Scenario['catalogue']>
}

/** A small scenario: 1,000 actions a second for two seconds after half a second of warm-up. */
export function loadScenario(parts: Parts = {}): InventoryScenario & {
  readonly load: Pick<Scenario['load'], 'actions' | 'inventory' | 'canaries'>
} {
  return {
    seed: parts.seed ?? 7,
    startsAtMs: parts.startsAtMs ?? Date.UTC(2025, 5, 2, 9),
    warmupMs: parts.warmupMs ?? 500,
    load: {
      actions: {
        tps: 1000,
        arrival: { process: 'poisson' },
        phases: [{ shape: 'constant', durationMs: 2000, rate: 1 }],
        ...parts.actions,
      },
      inventory: { tps: 100, priceShare: 0.5, dropShare: 0.3, stockOut: null, ...parts.inventory },
      canaries: { tps: 10, users: 3, pollMs: 10, timeoutMs: 1000 },
    },
    users: {
      count: 300,
      zipf: 0.9,
      hotShare: 0,
      hotUsers: 0,
      coldShare: 0.1,
      dayParting: null,
      ...parts.users,
    },
    catalogue: {
      products: 200,
      categories: 12,
      zipf: 0.9,
      hotShare: 0,
      posts: 0,
      steps: [],
      file: null,
      ...parts.catalogue,
    },
    pipeline: { inventory: { priceDropPercent: 10 } },
  }
}
