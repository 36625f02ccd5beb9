import { rm } from 'node:fs/promises'
import type { Scenario } from '../config/scenario.ts'
import type { KafkaClientName } from '../drivers/event-log/kafka-options.ts'
import { resetServices } from '../stacks/reset-services.ts'
import { readStackDescription } from '../stacks/stack-description.ts'
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
  /** `embedded`, or the name of a stack that `rep up` started. */
  readonly name: string
  readonly kafkaClient: KafkaClientName
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
  const { home, name, kafkaClient } = options
  const { dims } = scenario.pipeline.embedder
  if (name !== 'embedded') {
    const description = readStackDescription(home, name)
    return withLock(home.lock(name), async () => {
      await resetServices(description)
      return run({ kind: 'services', description, kafkaClient, dims, schemaIds: null })
    })
  }
  return withLock(home.lock('embedded'), async () => {
    await rm(home.embedded, { recursive: true, force: true })
    return run({ kind: 'embedded', dataDir: home.embedded, dims })
  })
}

async function withLock<T>(release: () => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    release()
  }
}
