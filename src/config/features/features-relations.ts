import { FIXED_FIELDS } from '../../domain/features/feature-fields.ts'
import { isMap } from '../extended-scenario.ts'
import type { PathFault } from '../scenario-faults.ts'
import type { Path } from '../schema/keys.ts'

/** Faults between keys of a file of feature definitions, whatever else is wrong with it. */
export function relationFaults(raw: unknown): PathFault[] {
  if (!isMap(raw)) return []
  const windows = mapsOf(raw, 'windows')
  return [
    ...nameFaults([...windows, ...mapsOf(raw, 'patterns')]),
    ...windows.flatMap(({ path, map }) => subjectFaults(path, map)),
  ]
}

interface Item {
  readonly path: Path
  readonly map: Readonly<Record<string, unknown>>
}

function mapsOf(raw: Readonly<Record<string, unknown>>, key: string): Item[] {
  const list = raw[key]
  if (!Array.isArray(list)) return []
  return list.flatMap((map: unknown, i) => (isMap(map) ? [{ path: [key, i], map }] : []))
}

function nameFaults(items: readonly Item[]): PathFault[] {
  const seen = new Set<string>()
  return items.flatMap(({ path, map: { name } }): PathFault[] => {
    if (typeof name !== 'string') return []
    const at = { path: [...path, 'name'], at: 'value' as const }
    const taken = FIXED_FIELDS.some((field) => field === name) || name.startsWith('session_')
    if (taken) return [{ ...at, message: `“${name}” is a field that every user has; take another name` }]
    if (seen.has(name)) return [{ ...at, message: `the name “${name}” is given twice` }]
    seen.add(name)
    return []
  })
}

function subjectFaults(path: Path, { aggregate, of }: Item['map']): PathFault[] {
  if (typeof aggregate !== 'string' || aggregate === 'count') return []
  const numeric = ['sum', 'mean', 'min', 'max'].includes(aggregate)
  if (of === undefined) {
    const wanted = numeric ? 'price' : 'category or product'
    return [{ path, at: 'value', message: `${aggregate} needs “of: ${wanted}”` }]
  }
  if (!numeric || of === 'price') return []
  return [{ path: [...path, 'of'], at: 'value', message: `${aggregate} is of prices; expected price here` }]
}
