import { processOf } from '../../drivers/event-log/process-identity.ts'
import { composeMemory } from '../compose/compose-memory.ts'
import { runningService } from '../native/pid-file.ts'
import { probeService, reasonOf } from '../probes/probe-service.ts'
import { redisInfo } from '../probes/redis.ts'
import { registrySubjects } from '../probes/registry.ts'
import {
  type ServiceDescription,
  type ServiceName,
  type StackDescription,
  type StackHome,
  servicesOf,
  stackDirectory,
} from '../stack-description.ts'
import { type IndexStatus, indexStatus } from './index-status.ts'
import { type KafkaStatus, kafkaStatus } from './kafka-status.ts'
import { residentBytes } from './resident-bytes.ts'
import { type TableStatus, tableStatus } from './table-status.ts'

const LIMIT_MS = 5000

export interface ServiceStatus {
  readonly name: ServiceName
  readonly version: string
  readonly address: string
  /** `silent`: its process runs, or may run, but it does not answer as it should. */
  readonly health: 'healthy' | 'silent' | 'down'
  /** Why it is not healthy; null where it is. */
  readonly reason: string | null
  readonly pid: number | null
  /** Resident memory; null where it cannot be told. */
  readonly rssBytes: number | null
}

/** A stack as it is now. What its service does not answer is null. */
export interface StackStatus {
  readonly name: string
  readonly kind: StackDescription['kind']
  /** Null where rep did not start it. */
  readonly startedAt: string | null
  readonly services: readonly ServiceStatus[]
  readonly kafka: KafkaStatus | null
  readonly subjects: readonly string[] | null
  readonly indices: readonly IndexStatus[] | null
  readonly redisKeys: number | null
  /** Of PostgreSQL; none where the stack has no PostgreSQL. */
  readonly tables: readonly TableStatus[] | null
}

/** Asks every service of a stack at the same time, each for a few seconds at most. Never rejects for one that is down. */
export async function stackStatus(home: StackHome, description: StackDescription): Promise<StackStatus> {
  const memory = description.kind === 'compose' ? composeMemory(description) : Promise.resolve(new Map())
  const ask = <T>(question: (signal: AbortSignal) => Promise<T>): Promise<T | null> =>
    question(AbortSignal.timeout(LIMIT_MS)).catch(() => null)
  const [services, kafka, subjects, indices, redisKeys, tables] = await Promise.all([
    Promise.all(
      servicesOf(description).map(async ([name, service]) =>
        serviceStatus(home, description, { name, service, memory }),
      ),
    ),
    ask((signal) => kafkaStatus(description.brokers, signal)),
    ask((signal) => registrySubjects(description.registry, signal)),
    ask((signal) => indexStatus(description.elasticsearch, signal)),
    ask(async (signal) => keysIn((await redisInfo(description.redis, signal)).get('db0'))),
    description.postgres === undefined ? [] : ask((signal) => tableStatus(description, signal)),
  ])
  const { name, kind, startedAt } = description
  return { name, kind, startedAt, services, kafka, subjects, indices, redisKeys, tables }
}

async function serviceStatus(
  home: StackHome,
  description: StackDescription,
  {
    name,
    service: { version, address },
    memory,
  }: {
    name: ServiceName
    service: ServiceDescription
    memory: Promise<ReadonlyMap<ServiceName, number>>
  },
): Promise<ServiceStatus> {
  const native = description.kind === 'native'
  const process = native ? runningService(stackDirectory(home, description.name), name) : null
  const rssBytes =
    process === null ? ((await memory).get(name) ?? null) : residentBytes(processOf(process.pid))
  const facts = { name, version, address, pid: process?.pid ?? null, rssBytes }
  if (native && process === null) return { ...facts, health: 'down', reason: 'its process has ended' }
  try {
    await probeService(description, name, AbortSignal.timeout(LIMIT_MS))
    return { ...facts, health: 'healthy', reason: null }
  } catch (error) {
    return { ...facts, health: 'silent', reason: reasonOf(error) }
  }
}

/** `keys=12,expires=3,…`; without a line for the database there is none. */
function keysIn(database: string | undefined): number {
  return Number(/keys=(\d+)/.exec(database ?? '')?.[1] ?? 0)
}
