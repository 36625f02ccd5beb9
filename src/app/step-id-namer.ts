import { EventBatch } from '../load/event-batch.ts'
import { type PostScenario, PostSource } from '../load/posts/post-source.ts'
import type { PostsSoFar } from './lab-plan.ts'

/** Names like steps by the numbers of their requests, by walking the schedule once when first asked; null for other requests. */
export function stepIdNamer(
  scenario: PostScenario,
  before: PostsSoFar | null,
): (sequence: number) => string | null {
  let names: Map<number, string> | null = null
  return (sequence) => {
    names ??= stepIds(scenario, before)
    return names.get(sequence) ?? null
  }
}

function stepIds(scenario: PostScenario, before: PostsSoFar | null): Map<number, string> {
  const names = new Map<number, string>()
  const onStep = (traceId: string, sequence: number): void => {
    names.set(sequence, traceId)
  }
  const source = new PostSource(scenario, { onStep, ...(before === null ? {} : { steps: before.steps }) })
  const batch = new EventBatch(1)
  while (source.peekDueUs() !== Infinity) {
    batch.clear()
    source.fill(batch, Infinity)
  }
  return names
}
