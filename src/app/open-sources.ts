import type { Product } from '../domain/events.ts'
import { ActionSource } from '../load/action-source.ts'
import { generateCatalogue } from '../load/catalogue.ts'
import type { EventSource, Shard } from '../load/event-source.ts'
import { InventorySource } from '../load/inventory-source.ts'
import type { LabPlan } from './lab-plan.ts'

/** The products of a run; every thread that needs them makes them anew from the seed or reads the same file. */
export async function catalogueOf({
  scenario,
}: Pick<LabPlan, 'scenario' | 'source'>): Promise<readonly Product[]> {
  return generateCatalogue(scenario.catalogue, scenario.seed)
}

/** What one generator thread drives. Inventory changes are few: the first thread drives them all. */
export async function openSources(plan: LabPlan, shard: Shard): Promise<readonly EventSource[]> {
  const products = await catalogueOf(plan)
  const actions = new ActionSource(plan.scenario, { products, shard })
  if (shard.shard > 0) return [actions]
  return [actions, new InventorySource(plan.scenario, { products })]
}
