import { SUBJECTS } from '../measure/objective-grammar.ts'
import { parseObjective } from '../measure/parse-objective.ts'
import type { PathFault } from './scenario-faults.ts'
import type { ScenarioInput } from './schema/scenario-schema.ts'
import { suggest } from './suggest.ts'

/** Faults of the objective lines; `load` is null where their being driven is not to be judged. */
export function objectiveFaults(lines: unknown, load: ScenarioInput['load'] | null): readonly PathFault[] {
  if (!Array.isArray(lines)) return []
  return lines.flatMap((line: unknown, i): PathFault[] => {
    // What is not text is the schema's fault to find.
    if (typeof line !== 'string') return []
    const path = ['objectives', i]
    const { fault } = parseObjective(line)
    if (fault !== undefined) {
      const word = /^[a-z]+/i.exec(line.slice(fault.column - 1))?.[0] ?? ''
      const near = suggest(word, SUBJECTS)
      const question = near === undefined || near === word ? '' : `; did you mean “${near}”?`
      const message = `${fault.message.replace(/\.$/, '')}${question}`
      return [{ path, at: 'value', message, column: fault.column }]
    }
    const message = load === null ? null : undriven(line, load)
    return message === null ? [] : [{ path, at: 'value', message }]
  })
}

/** Why an objective can never have a figure in this scenario; null where it can. */
export function undriven(line: string, load: ScenarioInput['load']): string | null {
  const { objective } = parseObjective(line)
  const measure = objective !== undefined && 'measure' in objective ? objective.measure : null
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
