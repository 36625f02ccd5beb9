import { join } from 'node:path'
import type { ServiceName } from '../stack-description.ts'

/** A service's log files below its stack's directory: its own log first, then what its process printed. */
export function logsOf(stack: string, service: ServiceName): readonly [string, ...string[]] {
  const log = (name: string): string => join(stack, 'logs', name)
  if (service === 'kafka') return [log('kafka.log'), log('kafka.out')]
  if (service === 'elasticsearch')
    return [join(stack, 'elasticsearch/logs/elasticsearch.log'), log('elasticsearch.out')]
  return [log(`${service}.log`)]
}
