import { RepError } from '../errors/rep-error.ts'
import { probeService, reasonOf } from './probes/probe-service.ts'
import {
  PIPELINE_SERVICES,
  type ServiceName,
  type StackDescription,
  startCommand,
} from './stack-description.ts'

const LIMIT_MS = 5000

/**
 * Rejects with REP_ENVIRONMENT naming each of these services that does not answer, its address, and what starts
 * it. Default: those that every pipeline needs.
 */
export async function requireServices(
  stack: StackDescription,
  needed: readonly ServiceName[] = PIPELINE_SERVICES,
): Promise<void> {
  const silent: string[] = []
  const details: string[] = []
  await Promise.all(
    needed.map(async (service) => {
      try {
        await probeService(stack, service, AbortSignal.timeout(LIMIT_MS))
      } catch (error) {
        silent.push(service)
        details.push(`${service} at ${stack.services[service]?.address ?? 'no address'}: ${reasonOf(error)}`)
      }
    }),
  )
  if (silent.length === 0) return
  throw new RepError(
    'REP_ENVIRONMENT',
    `Not answering in the ${stack.name} stack: ${silent.sort().join(', ')}. Start what is missing with ${startCommand(stack.name)}.`,
    { details: details.sort() },
  )
}
