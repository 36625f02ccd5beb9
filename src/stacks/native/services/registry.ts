import { join } from 'node:path'
import { registrySubjects } from '../../probes/registry.ts'
import { logsOf } from '../log-files.ts'
import type { PlanContext } from '../plan-context.ts'
import type { ServicePlan } from '../service-plan.ts'

/** Path of Confluent's API in Apicurio Registry. */
export const CONFLUENT_PATH = '/apis/ccompat/v7'

/** Apicurio Registry, with its schemas in an H2 database on disk. */
export function registryPlan({
  directory: stack,
  java,
  artifacts,
  settings,
  ports,
}: PlanContext): ServicePlan {
  const directory = join(stack, 'registry')
  const heap = `${settings.registryHeapMb}m`
  const properties = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': ports.registry,
    'quarkus.http.access-log.enabled': false,
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': ports.registryManagement,
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': `jdbc:h2:file:${join(directory, 'schemas')}`,
    // Twenty connections from the start by default: one client does not need them.
    'apicurio.datasource.jdbc.initial-size': 2,
    'apicurio.datasource.jdbc.min-size': 2,
    'apicurio.datasource.jdbc.max-size': 10,
  }
  return {
    name: 'registry',
    version: artifacts.versions.registry,
    ports: [ports.registry, ports.registryManagement],
    directory,
    directories: [directory],
    files: {},
    uid: null,
    command: {
      program: join(java.home, 'bin/java'),
      args: [
        '-Xms64m',
        `-Xmx${heap}`,
        '-XX:+UseSerialGC',
        '-XX:+ExitOnOutOfMemoryError',
        `-XX:ErrorFile=${join(stack, 'logs/registry-crash-%p.log')}`,
        ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
        '-jar',
        join(artifacts.registry, 'quarkus-run.jar'),
      ],
      env: {},
      cwd: directory,
    },
    logs: logsOf(stack, 'registry'),
    probe: (signal) => registrySubjects(`http://127.0.0.1:${ports.registry}${CONFLUENT_PATH}`, signal),
    startLimitMs: 120_000,
  }
}
