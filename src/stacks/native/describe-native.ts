import { portsFrom, type StackSettings } from '../settings.ts'
import type { ServiceName, StackDescription } from '../stack-description.ts'
import type { StartedService } from './pid-file.ts'
import type { ServicePlan } from './service-plan.ts'
import { postgresUrl } from './services/postgres.ts'
import { CONFLUENT_PATH } from './services/registry.ts'

/** What a client needs to know of a started stack of plain processes. */
export function describeNative(
  name: string,
  plans: readonly ServicePlan[],
  { settings, processes }: { settings: StackSettings; processes: ReadonlyMap<ServiceName, StartedService> },
): StackDescription {
  const ports = portsFrom(settings.portBase)
  const services = Object.fromEntries(
    plans.map(({ name: service, version, ports: [port], logs }) => [
      service,
      { address: `127.0.0.1:${port}`, version, pid: processes.get(service)?.pid ?? null, logs },
    ]),
  )
  return {
    name,
    kind: 'native',
    startedAt: new Date().toISOString(),
    brokers: [`127.0.0.1:${ports.kafka}`],
    elasticsearch: `http://127.0.0.1:${ports.elasticsearch}`,
    redis: `redis://127.0.0.1:${ports.redis}`,
    registry: `http://127.0.0.1:${ports.registry}${CONFLUENT_PATH}`,
    ...(services.postgres === undefined ? {} : { postgres: postgresUrl(ports.postgres) }),
    services: services as unknown as StackDescription['services'],
    settings: { ...settings },
  }
}
