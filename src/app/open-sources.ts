import type { Product } from '../domain/events.ts'
import { ActionSource } from '../load/action-source.ts'
import { generateCatalogue } from '../load/catalogue.ts'
import type { EventSource, Shard } from '../load/event-source.ts'
import { InventorySource } from '../load/inventory-source.ts'
import { ReplaySource } from '../load/replay/replay-source.ts'
import type { LabPlan } from './lab-plan.ts'
import { readProducts } from './product-file.ts'

/** The products of a run; every thread that needs them makes them anew from the seed or reads the same file. */
export async function catalogueOf({
  scenario,
  source,
}: Pick<LabPlan, 'scenario' | 'source'>): Promise<readonly Product[]> {
  if (source.kind === 'replay') return readProducts(source.catalogueFile)
  return generateCatalogue(scenario.catalogue, scenario.seed)
}

/** What one generator thread drives. Inventory changes are few: the first thread drives them all. */
export async function openSources(plan: LabPlan, shard: Shard): Promise<readonly EventSource[]> {
  const { scenario, source } = plan
  const products = await catalogueOf(plan)
  const actions =
    source.kind === 'replay'
      ? new ReplaySource(source.tapeFile, source.timing, shard)
      : new ActionSource(scenario, { products, shard })
  if (shard.shard > 0) return [actions]
  return [actions, new InventorySource(scenario, { products })]
}
