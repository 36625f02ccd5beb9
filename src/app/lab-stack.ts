import { rm } from 'node:fs/promises'
import type { Scenario } from '../config/scenario.ts'
import type { KafkaClientName } from '../drivers/event-log/kafka-options.ts'
import { resetServices } from '../stacks/reset-services.ts'
import { type ExternalOptions, requireNoExternal, requireStack } from './describe-stack.ts'
import type { Home } from './home.ts'
import type { StackAddress } from './lab-plan.ts'

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
  scenario: Scenario,
  run: (address: StackAddress) => Promise<T>,
): Promise<T> {
  const { home, name } = options
  const address = await stackAddress(options, scenario.pipeline.embedder.dims)
  return withLock(home.lock(name), async () => {
    if (address.kind === 'services') await resetServices(address.description)
    else await rm(address.dataDir, { recursive: true, force: true })
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

async function withLock<T>(release: () => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    release()
  }
}
