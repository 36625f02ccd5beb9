import { builtInNames, readBuiltIn, type ScenarioSource } from './built-ins.ts'
import { readDocument, type ScenarioDocument } from './scenario-document.ts'
import { type PathFault, valueAt } from './scenario-faults.ts'
import { suggest } from './suggest.ts'

/** What a scenario builds on: an empty map where it extends nothing. */
export interface Base {
  readonly raw: unknown
  readonly faults: readonly PathFault[]
}

/** The plain value of the scenario that this one extends; built-in ones may themselves extend another. */
export async function readBase(source: ScenarioSource, document: ScenarioDocument): Promise<Base> {
  const wanted = valueAt(document.raw, ['extends'])
  if (typeof wanted !== 'string') return { raw: {}, faults: [] }
  const names = (await builtInNames()).filter((name) => !source.builtIn || name !== source.name)
  if (!names.includes(wanted)) {
    const near = suggest(wanted, names)
    const question = near === undefined ? '' : `; did you mean “${near}”?`
    const message = `expected a built-in scenario (${names.join(', ')}), got “${wanted}”${question}`
    return { raw: {}, faults: [{ path: ['extends'], at: 'value', message }] }
  }
  const extended = await readBuiltIn(wanted)
  const below = readDocument(extended.text, extended.file)
  const base = await readBase(extended, below)
  // The title and the paragraph speak of the other scenario: they are not inherited.
  const {
    title: _title,
    description: _description,
    ...rest
  } = merge(base.raw, below.raw) as Record<string, unknown>
  return { raw: rest, faults: [] }
}

/** Maps are merged key by key; anything else replaces, and so does a map of another kind of arrival. */
export function merge(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over
  if ('process' in over && over.process !== base.process) return over
  return Object.fromEntries([
    ...Object.entries(base),
    ...Object.entries(over).map(([key, value]) => [key, key in base ? merge(base[key], value) : value]),
  ])
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
