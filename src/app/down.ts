import { downCompose } from '../stacks/compose/compose-stack.ts'
import { downNative } from '../stacks/native/native-stack.ts'
import { stackKind } from '../stacks/settings.ts'
import type { ServiceName } from '../stacks/stack-description.ts'
import { findStackName } from '../stacks/stack-name.ts'
import type { StackDownOptions } from '../stacks/stack-up.ts'

export interface Down {
  readonly name: string
  /** Services that ran. */
  readonly stopped: readonly ServiceName[]
}

/** Stops a stack's services, also those of a killed `rep up`; with `volumes` its data goes too. */
export async function down({
  name: given,
  ...options
}: Omit<StackDownOptions, 'name'> & { readonly name?: string | undefined }): Promise<Down> {
  const name = findStackName(options.home, given)
  const kind = stackKind(options.home, name) ?? (name === 'compose' ? 'compose' : 'native')
  const stop = kind === 'compose' ? downCompose : downNative
  return { name, stopped: await stop({ ...options, name }) }
}
