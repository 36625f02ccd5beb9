import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { probeKafka } from '../../probes/kafka.ts'
import { nativeFiles } from '../artifacts.ts'
import { logsOf } from '../log-files.ts'
import type { PlanContext } from '../plan-context.ts'
import type { ServicePlan } from '../service-plan.ts'

/** Kafka in KRaft mode: broker and controller in one process. */
export function kafkaPlan({ directory: stack, java, artifacts, settings, ports }: PlanContext): ServicePlan {
  const directory = join(stack, 'kafka')
  const properties = join(directory, 'server.properties')
  const data = join(directory, 'data')
  const logs = logsOf(stack, 'kafka')
  const program = join(java.home, 'bin/java')
  const classpath = join(artifacts.kafka, '*')
  const heap = `${settings.kafkaHeapMb}m`
  return {
    name: 'kafka',
    version: artifacts.versions.kafka,
    ports: [ports.kafka, ports.kafkaController],
    directory,
    directories: [directory, data],
    files: { [properties]: serverProperties(data, ports.kafka, ports.kafkaController) },
    uid: null,
    beforeStart: {
      program,
      args: [
        '-Xmx256m',
        '-XX:TieredStopAtLevel=1',
        ...logging(join(stack, 'logs/kafka-format.log')),
        '-cp',
        classpath,
        'kafka.tools.StorageTool',
        'format',
        '--cluster-id',
        clusterId(stack),
        '--config',
        properties,
      ],
      env: {},
      cwd: directory,
      unless: join(data, 'meta.properties'),
    },
    command: {
      program,
      args: [
        `-Xms${heap}`,
        `-Xmx${heap}`,
        '-XX:+UseG1GC',
        '-XX:MaxGCPauseMillis=20',
        '-XX:InitiatingHeapOccupancyPercent=35',
        '-XX:+ExplicitGCInvokesConcurrent',
        '-XX:+ExitOnOutOfMemoryError',
        `-XX:ErrorFile=${join(stack, 'logs/kafka-crash-%p.log')}`,
        '-Djava.awt.headless=true',
        ...logging(logs[0]),
        '-cp',
        classpath,
        'kafka.Kafka',
        properties,
      ],
      env: {},
      cwd: directory,
    },
    logs,
    probe: (signal) => probeKafka(`127.0.0.1:${ports.kafka}`, signal),
    startLimitMs: 90_000,
  }
}

function serverProperties(data: string, port: number, controllerPort: number): string {
  return `${readFileSync(join(nativeFiles(), 'kafka.properties'), 'utf8')}
node.id=1
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.quorum.voters=1@127.0.0.1:${controllerPort}
log.dirs=${data.replaceAll('\\', '\\\\')}
`
}

function logging(log: string): string[] {
  return [`-Dlog4j2.configurationFile=${join(nativeFiles(), 'kafka-log4j2.properties')}`, `-Drep.log=${log}`]
}

/** 16 bytes in base64url, as Kafka wants it; the same for a stack's place, so that formatting again fits its data. */
function clusterId(stack: string): string {
  return createHash('sha256').update(stack).digest().subarray(0, 16).toString('base64url')
}
