import type { FaultStep } from '../config/scenario.ts'
import type { InjectedFaults } from './fault-counts.ts'

/** One sentence for each fault of a scenario and what became of it; none where there are no faults. */
export function describeFaults(steps: readonly FaultStep[], { counts, stalled }: InjectedFaults): string[] {
  return steps.map((step) => {
    if (step.kind === 'stall') {
      return (
        `Fault on purpose: ${step.atMs / 1e3} s after the first append all appends of user actions were held ` +
        `for ${step.forMs / 1e3} s (${stalled} appends).`
      )
    }
    const what = {
      lose: 'was acknowledged without being stored',
      duplicate: 'was stored twice',
      reorder: 'was stored after the next one of its user',
    }[step.kind]
    return (
      `Fault on purpose: of each generator thread, one user action in ${step.every} ${what} ` +
      `(${counts[step.kind]} in all).`
    )
  })
}
