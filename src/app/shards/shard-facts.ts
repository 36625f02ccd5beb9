import { createHash } from 'node:crypto'
import { type ShardNumber, shardName } from '../../config/parse-shard.ts'
import type { Scenario } from '../../config/scenario.ts'
import type { Shard } from '../../load/event-source.ts'
import { repVersion } from '../version.ts'

/** What all shards of a run must agree on. */
export interface ShardFacts {
  readonly scenario: string
  /** Of the whole effective scenario, the seed included. */
  readonly hash: string
  readonly seed: number
  readonly shards: number
  readonly rep: string
}

export function shardFacts(scenario: Scenario, { of }: ShardNumber): ShardFacts {
  return {
    scenario: scenario.name,
    hash: scenarioHash(scenario),
    seed: scenario.seed,
    shards: of,
    rep: repVersion(),
  }
}

/** The same for scenarios that say the same, in whatever order. */
export function scenarioHash(scenario: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(scenario)))
    .digest('hex')
    .slice(0, 12)
}

/** False where the two are not shards of one run. */
export function agree(a: ShardFacts, b: ShardFacts): boolean {
  return a.hash === b.hash && a.seed === b.seed && a.shards === b.shards && a.rep === b.rep
}

/** One line for a person who compares two. */
export function describeFacts(index: number, facts: ShardFacts): string {
  const { scenario, hash, seed, shards, rep } = facts
  return `shard ${shardName({ index, of: shards })} of ${scenario} (scenario hash ${hash}, seed ${seed}, rep ${rep})`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/** The same as the load counts it: from 0. */
export function shardOfUsers({ index, of }: ShardNumber): Shard {
  return { shard: index - 1, shards: of }
}
