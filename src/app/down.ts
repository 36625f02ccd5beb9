import { downNative } from '../stacks/native/native-stack.ts'
import type { ServiceName, StackHome } from '../stacks/stack-description.ts'

/** Stops a stack's services; with `volumes` its data goes too. Returns those that ran. */
export function down(options: {
  readonly home: StackHome
  readonly name: string
  readonly volumes: boolean
  readonly log: (line: string) => void
}): Promise<readonly ServiceName[]> {
  return downNative(options)
}
