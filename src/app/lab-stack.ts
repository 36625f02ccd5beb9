import { rm } from 'node:fs/promises'
import type { ShardNumber } from '../config/parse-shard.ts'
import type { Scenario } from '../config/scenario.ts'
import type { KafkaClientName } from '../drivers/event-log/kafka-options.ts'
import { dismissWorkers } from '../stacks/dismiss-workers.ts'
import { resetServices } from '../stacks/reset-services.ts'
import { describeStack, type ExternalOptions, requireNoExternal, requireStack } from './describe-stack.ts'
import type { Home } from './home.ts'
import type { StackAddress } from './lab-plan.ts'
import { embeddedShard } from './shards/open-meeting.ts'
import { STAGE_NAMES, STAGES } from './stage-table.ts'

/** The clients that can drive Kafka, the default first. */
export const KAFKA_CLIENTS = [
  'platformatic',
  'kafkajs',
  'rdkafka',
] as const satisfies readonly KafkaClientName[]
export type { KafkaClientName }

export interface LabStackOptions {
  readonly home: Home
  /** `embedded`, `external`, or the name of a stack that `rep up` started. */
  readonly name: string
  readonly kafkaClient: KafkaClientName
  readonly external?: ExternalOptions
}

/**
 * Gives a run a stack, empty and for itself. What the run leaves in it stays until the next run, for rep serve,
 * rep preference and rep dlq. Rejects with REP_STACK_BUSY while another run has it, with REP_ENVIRONMENT where
 * the named stack is not up.
 */
export async function withLabStack<T>(
  options: LabStackOptions,
  { scenario, shard }: { readonly scenario: Scenario; readonly shard?: ShardNumber | undefined },
  run: (address: StackAddress) => Promise<T>,
): Promise<T> {
  const { home, name } = options
  if (shard !== undefined && name === 'embedded') throw embeddedShard()
  const { dims } = scenario.pipeline.embedder
  // The first shard looks at the stack, empties it and fills it for all; the others wait for it there.
  const follows = shard !== undefined && shard.index > 1
  const address = follows ? followedAddress(options, dims) : await stackAddress(options, dims)
  return withLock(home.lock(follows ? `${name}.shard-${shard.index}` : name), async () => {
    if (follows) return run(address)
    if (address.kind === 'services') {
      await dismissWorkers(
        address.description,
        STAGE_NAMES.map((stage) => STAGES[stage].group),
      )
      await resetServices(address.description)
    } else await rm(address.dataDir, { recursive: true, force: true })
    return run(address)
  })
}

/** Where a stack is. Rejects with REP_ENVIRONMENT where the named one is not up, or a service of it does not answer. */
export async function stackAddress(options: LabStackOptions, dims: number): Promise<StackAddress> {
  const { home, name, kafkaClient, external } = options
  if (name === 'embedded') {
    requireNoExternal(name, external)
    return { kind: 'embedded', dataDir: home.embedded, dims }
  }
  const description = await requireStack(options)
  return { kind: 'services', description, kafkaClient, dims, schemaIds: null }
}

/** As stackAddress, for a stack that another process is emptying or filling now: nothing on it is looked at. */
function followedAddress(options: LabStackOptions, dims: number): StackAddress {
  const { kafkaClient } = options
  return { kind: 'services', description: describeStack(options), kafkaClient, dims, schemaIds: null }
}

async function withLock<T>(release: () => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    release()
  }
}
