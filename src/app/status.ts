import { RepError } from '../errors/rep-error.ts'
import type { StackHome } from '../stacks/stack-description.ts'
import { findStackName } from '../stacks/stack-name.ts'
import { externalStatus } from '../stacks/status/external-status.ts'
import { type StackStatus, stackStatus } from '../stacks/status/stack-status.ts'
import { describeStack, type ExternalOptions } from './describe-stack.ts'

export type { StackStatus }

/** A stack's services as they are now. Throws REP_ENVIRONMENT, naming the command that starts it, where none is up. */
export function status(home: StackHome, name?: string, external?: ExternalOptions): Promise<StackStatus> {
  const description = describeStack({ home, name: findStackName(home, name), external })
  return description.external === undefined ? stackStatus(home, description) : externalStatus(description)
}

/** Throws REP_ENVIRONMENT naming the services that are not healthy. */
export function requireHealthy(stack: StackStatus): void {
  const ill = stack.services.filter(({ health }) => health !== 'healthy')
  if (ill.length === 0) return
  throw new RepError(
    'REP_ENVIRONMENT',
    `Not healthy in the ${stack.name} stack: ${ill.map(({ name }) => name).join(', ')}. ${
      stack.kind === 'external'
        ? 'Check their addresses and log-ins.'
        : `Start again with rep up, or read rep logs ${ill[0]?.name}.`
    }`,
  )
}
