import { RepError } from '../errors/rep-error.ts'
import { upCompose } from '../stacks/compose/compose-stack.ts'
import { composeObstacle } from '../stacks/compose/docker.ts'
import { nativeObstacles } from '../stacks/native/native-obstacles.ts'
import { upNative } from '../stacks/native/native-stack.ts'
import { type StackSettings, stackKind } from '../stacks/settings.ts'
import type { StackKind } from '../stacks/stack-description.ts'
import { requireStackName } from '../stacks/stack-name.ts'
import type { StackUp, StackUpOptions } from '../stacks/stack-up.ts'
import { prepareStack } from './prepare-stack.ts'

export type { StackKind, StackSettings, StackUp }

export interface UpOptions extends Omit<StackUpOptions, 'name'> {
  /** Left out: what this machine can run. */
  readonly kind?: StackKind | undefined
  /** Left out: the kind. */
  readonly name?: string | undefined
}

/**
 * Brings a stack of real services up, waits until all of them are healthy, and creates rep's topics, schemas and
 * indexes; does nothing where they are up.
 * Throws REP_ENVIRONMENT saying what to install, or what a service said before it gave up.
 */
export async function up({ kind: given, name: givenName, ...options }: UpOptions): Promise<StackUp> {
  const kind = given ?? (await pickKind(options.home, givenName))
  const name = requireStackName(givenName ?? kind)
  const existing = stackKind(options.home, name)
  if (existing !== null && existing !== kind)
    throw new RepError(
      'REP_USAGE',
      `There is a ${existing} stack with the name ${name}: choose another --name, or remove it with rep down --stack ${name} --volumes.`,
    )
  try {
    const result = await (kind === 'compose' ? upCompose : upNative)({ ...options, name })
    if (result.started.length > 0) await prepareStack(result.description)
    return result
  } catch (error) {
    if (!options.signal.aborted) throw error
    throw new RepError('REP_INTERRUPTED', 'Interrupted: what rep up had started is stopped again.', {
      cause: error,
    })
  }
}

/** What the named stack is, else containers where an engine answers, else plain processes where they can run. */
async function pickKind(home: StackUpOptions['home'], name: string | undefined): Promise<StackKind> {
  const existing = name === undefined ? null : stackKind(home, name)
  if (existing !== null) return existing
  const compose = await composeObstacle()
  if (compose === null) return 'compose'
  const native = await nativeObstacles()
  if (native.length === 0) return 'native'
  throw new RepError('REP_ENVIRONMENT', 'Neither a compose nor a native stack can run here.', {
    details: [`compose: ${compose}`, ...native.map((obstacle) => `native: ${obstacle}`)],
  })
}
