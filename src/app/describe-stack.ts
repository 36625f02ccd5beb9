import { type ExternalFlags, loadExternal } from '../config/external/load-external.ts'
import { RepError } from '../errors/rep-error.ts'
import { type Admission, admitExternal } from '../stacks/external/admit-external.ts'
import { describeExternal, EXTERNAL } from '../stacks/external/describe-external.ts'
import { requireServices } from '../stacks/require-services.ts'
import { readStackDescription, type StackDescription, type StackHome } from '../stacks/stack-description.ts'

/** Where external services are, and whether rep may create what is missing there. */
export interface ExternalOptions extends ExternalFlags {
  readonly create?: boolean | undefined
}

export interface NamedStack {
  readonly home: StackHome
  /** `external`, or the name of a stack that `rep up` started. */
  readonly name: string
  readonly external?: ExternalOptions | undefined
}

/**
 * A stack of services by its name. Throws REP_ENVIRONMENT where it is not up, REP_CONFIG where the external one is
 * not described well, and REP_USAGE where another one is described.
 */
export function describeStack({ home, name, external = {} }: NamedStack): StackDescription {
  if (name === EXTERNAL) return describeExternal(loadExternal(external))
  requireNoExternal(name, external)
  return readStackDescription(home, name)
}

/** Throws REP_USAGE where addresses are given for a stack that knows its own. */
export function requireNoExternal(name: string, external: ExternalOptions = {}): void {
  const given = Object.entries(external).filter(([, value]) => value !== undefined && value !== false)
  if (given.length === 0) return
  const flags = given.map(([flag]) => `--${flag}`).join(', ')
  throw new RepError('REP_USAGE', `${flags} is for --stack ${EXTERNAL}, not for stack ${name}.`)
}

/**
 * A stack of services, those that are needed at hand (default: all): they answer, and on external ones what rep
 * needs is there and its own. Rejects with REP_ENVIRONMENT, REP_MISSING or REP_FOREIGN naming what is not.
 */
export async function requireStack(
  stack: NamedStack,
  services?: Admission['services'],
): Promise<StackDescription> {
  const description = describeStack(stack)
  if (description.external === undefined) await requireServices(description, services)
  else {
    const create = stack.external?.create ?? false
    await admitExternal(description, { create, ...(services === undefined ? {} : { services }) })
  }
  return description
}
