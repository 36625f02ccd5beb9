import type { ExternalConfig, RedisPlace } from '../../config/external/external-config.ts'
import {
  PIPELINE_SERVICES,
  type PipelineService,
  type ServiceDescription,
  type StackDescription,
} from '../stack-description.ts'

export const EXTERNAL = 'external'

/** Services that rep did not start, described as a stack. Addresses are without secrets; `external` holds them. */
export function describeExternal(config: ExternalConfig): StackDescription {
  const { kafka, registry, elasticsearch, redis, postgres } = config
  const addresses: Record<PipelineService, string> = {
    kafka: kafka.brokers.join(','),
    registry: new URL(registry.url).host,
    elasticsearch: elasticsearch.nodes.map((node) => new URL(node).host).join(','),
    redis: redisAddress(redis.place),
  }
  const described = (address: string): ServiceDescription => ({
    address,
    version: 'unknown',
    pid: null,
    logs: [],
  })
  const services = PIPELINE_SERVICES.map((name) => [name, described(addresses[name])] as const)
  return {
    name: EXTERNAL,
    kind: EXTERNAL,
    startedAt: '',
    brokers: kafka.brokers,
    elasticsearch: elasticsearch.nodes[0]!,
    redis: `redis://${redisAddress(redis.place)}`,
    registry: registry.url,
    ...(postgres === null ? {} : { postgres: postgres.url }),
    services: {
      ...(Object.fromEntries(services) as Record<PipelineService, ServiceDescription>),
      ...(postgres === null ? {} : { postgres: described(new URL(postgres.url).host) }),
    },
    settings: {},
    external: config,
  }
}

function redisAddress(place: RedisPlace): string {
  if (place.kind === 'single') return place.node
  return place.kind === 'cluster' ? place.nodes.join(',') : `${place.name}@${place.nodes.join(',')}`
}
