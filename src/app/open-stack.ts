import { openKafkaEventLog } from '../drivers/event-log/kafka.ts'
import type { Stack } from '../ports/stack.ts'
import { openEmbeddedStack } from '../stacks/embedded.ts'
import { openServiceStack } from '../stacks/native-drivers.ts'
import { elasticsearchAccess, kafkaAccess, redisAccess, registryAccess } from '../stacks/service-access.ts'
import type { ServicesAddress, StackAddress } from './lab-plan.ts'

/** Opens the drivers of a stack for the calling thread. */
export function openStack(address: StackAddress, log?: (line: string) => void): Promise<Stack> {
  return address.kind === 'embedded' ? openEmbeddedStack(address) : openServices(address, log)
}

async function openServices(
  { description, kafkaClient, dims, schemaIds }: ServicesAddress,
  log: ((line: string) => void) | undefined,
): Promise<Stack> {
  const { name, services, external } = description
  return openServiceStack({
    name,
    dims,
    eventLog: await openKafkaEventLog({ ...kafkaAccess(description), client: kafkaClient }),
    elasticsearch: elasticsearchAccess(description),
    redis: redisAccess(description),
    registry: registryAccess(description),
    ...(external === undefined ? {} : { prefix: external.prefix }),
    ...(schemaIds === null ? {} : { schemaIds }),
    versions: { kafka: services.kafka.version },
    ...(log === undefined ? {} : { log }),
  })
}
