import { ActionSource } from '../load/action-source.ts'
import { type EventSource, isFirst, type Shard } from '../load/event-source.ts'
import { InventorySource } from '../load/inventory-source.ts'
import { ReplaySource } from '../load/replay/replay-source.ts'
import { catalogueOf } from './catalogue.ts'
import type { LabPlan } from './lab-plan.ts'

/** What one generator thread drives. Inventory changes are few: the first thread drives them all. */
export async function openSources(plan: LabPlan, shard: Shard): Promise<readonly EventSource[]> {
  const { scenario, source, schemaIds } = plan
  const products = await catalogueOf(plan)
  const actions =
    source.kind === 'replay'
      ? new ReplaySource(source.tapeFile, source.timing, {
          shard,
          schemaId: schemaIds['user.action.v1-value'].at(-1)!,
        })
      : new ActionSource(scenario, { products, shard, schemaIds })
  if (!isFirst(shard)) return [actions]
  return [actions, new InventorySource(scenario, { products, schemaIds })]
}
