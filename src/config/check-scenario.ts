import { RepError } from '../errors/rep-error.ts'
import { type Base, isMap, merge } from './extended-scenario.ts'
import { objectiveFaults, undriven } from './judge-objectives.ts'
import { type Changes, withChange } from './overrides.ts'
import type { Fault, ScenarioDocument } from './scenario-document.ts'
import { dotted, type PathFault, pathFaults, valueAt } from './scenario-faults.ts'
import type { Path } from './schema/keys.ts'
import { type ScenarioInput, scenarioSchema } from './schema/scenario-schema.ts'

/** Everything that an effective scenario is put together from. */
export interface Parts {
  readonly document: ScenarioDocument
  readonly base: Base
  readonly changes: Changes
  readonly builtIn: boolean
  readonly file: string
}

/** Puts the parts together and parses them. Throws REP_SCENARIO with every fault of every part. */
export function checkScenario(parts: Parts): ScenarioInput {
  const { document, base, changes } = parts
  let raw = merge(base.raw, document.raw)
  if (isMap(raw)) for (const change of changes.changes) raw = withChange(raw, change)
  const parsed = scenarioSchema.safeParse(raw, { reportInput: true })
  const wrong = [...base.faults, ...(parsed.success ? [] : pathFaults(parsed.error, raw))]
  const objectives = valueAt(raw, ['objectives'])
  // Only the author's own objectives are faults where nothing drives them; inherited ones are left out.
  const own = !parts.builtIn && valueAt(document.raw, ['objectives']) !== undefined
  wrong.push(...objectiveFaults(objectives, own && parsed.success ? parsed.data.load : null))
  if (parsed.success) wrong.push(...stepFaults(parsed.data))
  const faults = [...place(wrong, parts), ...changes.faults]
  if (faults.length > 0 || !parsed.success) throw refuse(parts, faults)
  const { load } = parsed.data
  return {
    ...parsed.data,
    objectives: parsed.data.objectives.filter((line) => undriven(line, load) === null),
  }
}

/** Steps keep the stores, so that after the second one nobody can tell its rows and counts from those before. */
function stepFaults({ catalogue, pipeline }: ScenarioInput): readonly PathFault[] {
  if (catalogue.steps.length < 2 || !pipeline.statistics.enabled) return []
  const message =
    'cannot be true together with several catalogue.steps, whose counts cannot be told apart; leave one of them out'
  return [{ path: ['pipeline', 'statistics', 'enabled'], at: 'value', message }]
}

/** Faults with their places, in the file's order; those of an override name the override. */
export function place(
  wrong: readonly PathFault[],
  { document, changes }: Pick<Parts, 'document' | 'changes'>,
): readonly Fault[] {
  const inFile: Fault[] = [...document.faults]
  const inChanges: Fault[] = []
  for (const { path, at, message, column } of wrong) {
    const text = path.length === 0 ? message : `${dotted(path)}: ${message}`
    const change = changes.changes.findLast((candidate) => related(candidate.path, path))
    if (change !== undefined)
      inChanges.push({ place: change.label, offset: changes.changes.indexOf(change), message: text })
    else {
      const { place, offset } = document.locate(path, at, column)
      // Behind a syntax error the tree is a guess: its faults would be about YAML, not about the scenario.
      if (offset < document.reliableUntil) inFile.push({ place, offset, message: text })
    }
  }
  const byOffset = (a: Fault, b: Fault) => a.offset - b.offset
  const sorted = inFile.sort(byOffset)
  // YAML names an unclosed bracket once for each bracket: one line is enough.
  return [...sorted.filter((fault, i) => !sameFault(fault, sorted[i - 1])), ...inChanges.sort(byOffset)]
}

function sameFault(a: Fault, b: Fault | undefined): boolean {
  return a.place === b?.place && a.message === b.message
}

/** True where one path leads to, or through, the other. */
export function related(a: Path, b: Path): boolean {
  const shared = Math.min(a.length, b.length)
  if (shared === 0) return false
  return a.slice(0, shared).every((step, i) => String(step) === String(b[i]))
}

function refuse({ file, changes }: Parts, faults: readonly Fault[]): RepError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  const labels = new Set([
    ...changes.changes.map(({ label }) => label),
    ...changes.faults.map(({ place }) => place),
  ])
  const onlyChanges = faults.every(({ place }) => labels.has(place))
  const what = onlyChanges ? `What is to be changed of ${file} has` : `The scenario ${file} has`
  return new RepError('REP_SCENARIO', `${what} ${count}.`, {
    details: faults.map(({ place, message }) => `${place}: ${message}`),
  })
}
