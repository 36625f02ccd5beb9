import type { ExternalConfig, RedisPlace } from '../../config/external/external-config.ts'
import {
  SERVICES,
  type ServiceDescription,
  type ServiceName,
  type StackDescription,
} from '../stack-description.ts'

export const EXTERNAL = 'external'

/** Services that rep did not start, described as a stack. Addresses are without secrets; `external` holds them. */
export function describeExternal(config: ExternalConfig): StackDescription {
  const { kafka, registry, elasticsearch, redis } = config
  const addresses: Record<ServiceName, string> = {
    kafka: kafka.brokers.join(','),
    registry: new URL(registry.url).host,
    elasticsearch: elasticsearch.nodes.map((node) => new URL(node).host).join(','),
    redis: redisAddress(redis.place),
  }
  const services = SERVICES.map((name): [ServiceName, ServiceDescription] => [
    name,
    { address: addresses[name], version: 'unknown', pid: null, logs: [] },
  ])
  return {
    name: EXTERNAL,
    kind: EXTERNAL,
    startedAt: '',
    brokers: kafka.brokers,
    elasticsearch: elasticsearch.nodes[0]!,
    redis: `redis://${redisAddress(redis.place)}`,
    registry: registry.url,
    services: Object.fromEntries(services) as Record<ServiceName, ServiceDescription>,
    settings: {},
    external: config,
  }
}

function redisAddress(place: RedisPlace): string {
  if (place.kind === 'single') return place.node
  return place.kind === 'cluster' ? place.nodes.join(',') : `${place.name}@${place.nodes.join(',')}`
}
