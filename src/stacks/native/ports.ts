import { once } from 'node:events'
import { createServer } from 'node:net'
import { RepError } from '../../errors/rep-error.ts'
import { portHolder } from './process-table.ts'
import type { ServicePlan } from './service-plan.ts'

/** Throws REP_PORT_IN_USE, naming each port that these services want and who holds it. */
export async function requireFreePorts(plans: readonly ServicePlan[]): Promise<void> {
  const taken: string[] = []
  for (const { name, ports } of plans)
    for (const port of ports)
      if (!(await isFree(port)))
        taken.push(
          `port ${port} for ${name} is held by ${portHolder(port) ?? 'a process that rep cannot see'}`,
        )
  if (taken.length === 0) return
  throw new RepError(
    'REP_PORT_IN_USE',
    'Ports of the native stack are in use: end who holds them, or choose other ports with --port-base.',
    { details: taken },
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE' || code === 'EACCES') return false
    throw error
  } finally {
    server.close()
  }
}
