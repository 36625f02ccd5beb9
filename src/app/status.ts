import { RepError } from '../errors/rep-error.ts'
import { readStackDescription, type StackHome } from '../stacks/stack-description.ts'
import { findStackName } from '../stacks/stack-name.ts'
import { type StackStatus, stackStatus } from '../stacks/status/stack-status.ts'

export type { StackStatus }

/** A stack's services as they are now. Throws REP_ENVIRONMENT, naming the command that starts it, where none is up. */
export function status(home: StackHome, name?: string): Promise<StackStatus> {
  return stackStatus(home, readStackDescription(home, findStackName(home, name)))
}

/** Throws REP_ENVIRONMENT naming the services that are not healthy. */
export function requireHealthy(stack: StackStatus): void {
  const ill = stack.services.filter(({ health }) => health !== 'healthy')
  if (ill.length === 0) return
  throw new RepError(
    'REP_ENVIRONMENT',
    `Not healthy in the ${stack.name} stack: ${ill.map(({ name }) => name).join(', ')}. Start again with rep up, or read rep logs ${ill[0]?.name}.`,
  )
}
