import type { PathFault } from './scenario-faults.ts'
import type { ScenarioInput } from './schema/scenario-schema.ts'

/** Why an objective can never have a figure in this scenario; null where it can. */
export function undriven(objective: string, load: ScenarioInput['load']): string | null {
  const measure = /^\s*([a-z]+)/i.exec(objective)?.[1]?.toLowerCase()
  if (measure === 'freshness' && load.canaries.tps === 0) return needs('canaries', 'load.canaries.tps')
  if (measure === 'recommend' && load.reads.tps === 0) return needs('recommendation reads', 'load.reads.tps')
  if (measure === 'notify' && load.inventory.tps === 0 && load.inventory.stockOut === null) {
    return needs('inventory changes', 'load.inventory.tps')
  }
  return null
}

function needs(what: string, key: string): string {
  return `there are no ${what} to measure this by (${key} is 0); raise it or drop this objective`
}

/** Faults of the objective lines; `load` is null where their being driven is not to be judged. */
export function objectiveFaults(lines: unknown, load: ScenarioInput['load'] | null): readonly PathFault[] {
  if (!Array.isArray(lines)) return []
  return lines.flatMap((line: unknown, i): PathFault[] => {
    if (typeof line !== 'string') return []
    const message = load === null ? null : undriven(line, load)
    return message === null ? [] : [{ path: ['objectives', i], at: 'value', message }]
  })
}
