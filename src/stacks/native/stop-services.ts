import { processOf } from '../../drivers/event-log/process-identity.ts'
import type { ServiceName } from '../stack-description.ts'
import { removePidFile, runningService } from './pid-file.ts'
import { processesOfStack } from './process-table.ts'
import { stopProcess } from './stop-process.ts'

const STOP_LIMIT_MS = 30_000

/** Stops what runs of these services: by pid file, and by the mark in its environment. */
export async function stopServices(
  directory: string,
  services: readonly ServiceName[],
  log: (line: string) => void,
): Promise<readonly ServiceName[]> {
  const marked = processesOfStack(directory)
  const stopped = await Promise.all(
    services.map(async (service) => {
      const known = runningService(directory, service)
      const leftovers = marked.filter((mark) => mark.service === service && mark.pid !== known?.pid)
      const all = [...(known === null ? [] : [known]), ...leftovers.map(({ pid }) => processOf(pid))]
      const graceful = await Promise.all(
        all.map((process) => stopProcess(process, STOP_LIMIT_MS, politely(service))),
      )
      if (graceful.includes(false))
        log(`${service} did not end within ${STOP_LIMIT_MS / 1000} s and was killed.`)
      removePidFile(directory, service)
      return all.length > 0 ? [service] : []
    }),
  )
  return stopped.flat()
}

/** By SIGTERM PostgreSQL would wait for its clients to go. */
function politely(service: ServiceName): NodeJS.Signals {
  return service === 'postgres' ? 'SIGINT' : 'SIGTERM'
}
