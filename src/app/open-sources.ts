import type { CollectorLoad } from '../config/scenario.ts'
import { ActionSource } from '../load/action-source.ts'
import { type EventSource, isFirst, type Shard } from '../load/event-source.ts'
import { GatheredSource } from '../load/gathered-source.ts'
import { InventorySource } from '../load/inventory-source.ts'
import { PostSource } from '../load/posts/post-source.ts'
import { ReplaySource } from '../load/replay/replay-source.ts'
import type { LedgerWriter } from '../measure/ledger-writer.ts'
import { catalogueOf } from './catalogue.ts'
import type { LabPlan } from './lab-plan.ts'

/** What one generator thread drives. Inventory changes are few: the first thread drives them all. */
export async function openSources(
  plan: LabPlan,
  { shard, ledger }: { readonly shard: Shard; readonly ledger: LedgerWriter },
): Promise<readonly EventSource[]> {
  const { scenario, source, schemaIds } = plan
  const products = await catalogueOf(plan)
  const actions =
    source.kind === 'replay'
      ? new ReplaySource(source.tapeFile, source.timing, {
          shard,
          schemaId: schemaIds['user.action.v1-value'].at(-1)!,
        })
      : scenario.load.model === 'posts'
        ? postSource(plan, { shard, ledger })
        : scenario.load.through === 'log'
          ? new ActionSource(scenario, { products, shard, schemaIds })
          : gathered(new ActionSource(scenario, { products, shard, format: 'json' }), scenario.load.collector)
  if (!isFirst(shard)) return [actions]
  return [actions, new InventorySource(scenario, { products, schemaIds })]
}

function gathered(source: EventSource, { senders, batch, waitMs }: CollectorLoad): EventSource {
  return new GatheredSource(source, { senders, batch, waitUs: waitMs * 1e3 })
}

function postSource(
  { scenario, posts }: LabPlan,
  { shard, ledger }: { readonly shard: Shard; readonly ledger: LedgerWriter },
): PostSource {
  const onStep = (traceId: string, sequence: number): void => ledger.alias(traceId, sequence)
  return new PostSource(scenario, { shard, onStep, ...(posts === null ? {} : { steps: posts.steps }) })
}
