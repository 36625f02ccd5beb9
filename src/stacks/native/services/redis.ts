import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { redisInfo } from '../../probes/redis.ts'
import { nativeFiles } from '../artifacts.ts'
import { logsOf } from '../log-files.ts'
import type { PlanContext } from '../plan-context.ts'
import type { ServicePlan } from '../service-plan.ts'

/** Redis on the server that is on the PATH, else on the one that comes with the artifacts. */
export function redisPlan(context: PlanContext, server: { program: string; version: string }): ServicePlan {
  const { directory: stack, settings, ports } = context
  const directory = join(stack, 'redis')
  const config = join(directory, 'redis.conf')
  const common = readFileSync(join(nativeFiles(), 'redis.conf'), 'utf8')
  return {
    name: 'redis',
    version: server.version,
    ports: [ports.redis],
    directory,
    directories: [directory],
    files: {
      [config]: `${common}
port ${ports.redis}
dir ${JSON.stringify(directory)}
maxmemory ${settings.redisMaxMb}mb
`,
    },
    uid: null,
    command: { program: server.program, args: [config], env: {}, cwd: directory },
    logs: logsOf(stack, 'redis'),
    probe: (signal) => redisInfo(`redis://127.0.0.1:${ports.redis}`, signal),
    startLimitMs: 30_000,
  }
}
