import { keepSecrets } from '../config/external/keep-secrets.ts'
import { openKafkaEventLog } from '../drivers/event-log/kafka.ts'
import type { Stack } from '../ports/stack.ts'
import { openEmbeddedStack } from '../stacks/embedded.ts'
import { openServiceStack } from '../stacks/native-drivers.ts'
import {
  elasticsearchAccess,
  kafkaAccess,
  postgresAccess,
  redisAccess,
  registryAccess,
} from '../stacks/service-access.ts'
import { withEmbedder } from './embed/embedder-address.ts'
import type { ServicesAddress, StackAddress } from './lab-plan.ts'

/** Opens the drivers of a stack for the calling thread. */
export async function openStack(address: StackAddress, log?: (line: string) => void): Promise<Stack> {
  const stack =
    address.kind === 'embedded' ? await openEmbeddedStack(address) : await openServices(address, log)
  return address.embedder === undefined ? stack : withEmbedder(stack, address.embedder, log)
}

async function openServices(
  { description, kafkaClient, dims, schemaIds }: ServicesAddress,
  log: ((line: string) => void) | undefined,
): Promise<Stack> {
  const { name, services, external } = description
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
