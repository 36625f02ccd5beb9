import { keepSecrets } from '../config/external/keep-secrets.ts'
import type { Stack } from '../ports/stack.ts'
import {
  elasticsearchAccess,
  kafkaAccess,
  postgresAccess,
  redisAccess,
  registryAccess,
} from '../stacks/service-access.ts'
import type { ServicesAddress, StackAddress } from './lab-plan.ts'

/**
 * Opens the drivers of a stack for the calling thread. Only the clients of that stack are loaded: each thread has its own,
 * and those of the services alone take 16 MiB.
 */
export async function openStack(address: StackAddress, log?: (line: string) => void): Promise<Stack> {
  const stack = address.kind === 'embedded' ? await openEmbedded(address) : await openServices(address, log)
  if (address.embedder === undefined) return stack
  const { withEmbedder } = await import('./embed/embedder-address.ts')
  return withEmbedder(stack, address.embedder, log)
}

async function openEmbedded(address: Extract<StackAddress, { kind: 'embedded' }>): Promise<Stack> {
  const { openEmbeddedStack } = await import('../stacks/embedded.ts')
  return openEmbeddedStack(address)
}

async function openServices(
  { description, kafkaClient, dims, schemaIds }: ServicesAddress,
  log: ((line: string) => void) | undefined,
): Promise<Stack> {
  const { name, services, external } = description
  const { openKafkaEventLog } = await import('../drivers/event-log/kafka.ts')
  const { openServiceStack } = await import('../stacks/native-drivers.ts')
  // Each thread has errors of its own.
  if (external !== undefined) keepSecrets(external)
  return openServiceStack({
    name,
    dims,
    eventLog: await openKafkaEventLog({ ...kafkaAccess(description), client: kafkaClient }),
    elasticsearch: elasticsearchAccess(description),
    redis: redisAccess(description),
    registry: registryAccess(description),
    ...(description.postgres === undefined
      ? {}
      : { postgres: { ...postgresAccess(description), mayCreate: external === undefined } }),
    ...(external === undefined ? {} : { prefix: external.prefix }),
    ...(schemaIds === null ? {} : { schemaIds }),
    versions: {
      kafka: services.kafka.version,
      ...(services.postgres === undefined ? {} : { postgres: services.postgres.version }),
    },
    ...(log === undefined ? {} : { log }),
  })
}
