import type { Stack } from '../ports/stack.ts'
import { openEmbeddedStack } from '../stacks/embedded.ts'
import type { StackAddress } from './lab-plan.ts'

/** Opens the drivers of a stack for the calling thread. */
export function openStack(address: StackAddress): Promise<Stack> {
  return openEmbeddedStack({ dataDir: address.dataDir, dims: address.dims })
}
