import { noPostgres } from '../no-postgres.ts'
import type { ServiceName, StackDescription } from '../stack-description.ts'
import { probeElasticsearch } from './elasticsearch.ts'
import { probeKafka } from './kafka.ts'
import { postgresVersion } from './postgres.ts'
import { redisInfo } from './redis.ts'
import { registrySubjects } from './registry.ts'

/** Resolves when a service of a stack answers as it should. */
export async function probeService(
  stack: Pick<StackDescription, 'name' | 'brokers' | 'registry' | 'elasticsearch' | 'redis' | 'postgres'>,
  service: ServiceName,
  signal: AbortSignal,
): Promise<void> {
  if (service === 'kafka') await Promise.all(stack.brokers.map((broker) => probeKafka(broker, signal)))
  else if (service === 'registry') await registrySubjects(stack.registry, signal)
  else if (service === 'elasticsearch') await probeElasticsearch(stack.elasticsearch, signal)
  else if (service === 'redis') await redisInfo(stack.redis, signal)
  else if (stack.postgres === undefined) throw noPostgres(stack.name)
  else await postgresVersion({ url: stack.postgres }, signal)
}

/** Why a probe failed, in one line; fetch() hides what happened in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name
}
