import type { z } from 'zod'
import { keysAt, type Path, pathsEndingIn } from './schema/keys.ts'
import { suggest } from './suggest.ts'

/** What is wrong at one path. `at` says whether the key or the value is meant. */
export interface PathFault {
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly message: string
  /** Position within a one-line text, from 1. */
  readonly column?: number
}

/** The schema's issues in words, one for each key. `raw` is what was parsed, by a scenario's schema unless another is given. */
export function pathFaults(error: z.ZodError, raw: unknown, root?: z.ZodType): readonly PathFault[] {
  return error.issues.flatMap((issue): PathFault[] => {
    const path = issue.path as Path
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey([...path, key], raw, root))
    if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
      return [{ path, at: 'value', message: unknownWord(issue.options, valueAt(raw, path)) }]
    }
    const value = valueAt(raw, path)
    return [{ path, at: 'value', message: `${expected(issue)}${got(value, issue)}` }]
  })
}

/** A path as users write it: `load.actions.phases.0.rate`. */
export function dotted(path: Path): string {
  return path.join('.')
}

export function valueAt(raw: unknown, path: Path): unknown {
  let value = raw
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

function unknownKey(path: Path, raw: unknown, root?: z.ZodType): PathFault {
  const key = String(path.at(-1))
  const parent = path.slice(0, -1)
  const near = suggest(key, keysAt(parent, raw, root))
  const elsewhere = pathsEndingIn(key, root)
  let message = 'unknown key'
  if (near !== undefined) message += `; did you mean “${dotted([...parent, near])}”?`
  else if (elsewhere.length > 0) message += `; did you mean “${elsewhere.slice(0, 3).join('” or “')}”?`
  else message += `; the keys here are ${keysAt(parent, raw, root).join(', ')}`
  return { path, at: 'key', message }
}

function unknownWord(options: readonly unknown[], value: unknown): string {
  const words = options.map(String)
  const near = typeof value === 'string' ? suggest(value, words) : undefined
  const question = near === undefined ? '' : `; did you mean “${near}”?`
  return `expected one of ${words.join(', ')}, ${value === undefined ? 'got nothing' : `got ${show(value)}`}${question}`
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a map of keys',
  array: 'a list',
  string: 'text',
  number: 'a number',
}

function expected(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith('Invalid input')) return issue.message
  return issue.code === 'invalid_type' ? `expected ${KINDS[issue.expected] ?? issue.expected}` : issue.message
}

function got(value: unknown, issue: z.core.$ZodIssue): string {
  // A custom check speaks of two keys: naming the value of one would only confuse.
  if (issue.code === 'custom') return ''
  if (value === undefined) return ', got nothing'
  if (issue.code === 'too_small' && Array.isArray(value)) return `, got ${value.length}`
  const near =
    issue.code === 'invalid_value' && typeof value === 'string'
      ? suggest(value, issue.values.map(String))
      : undefined
  return `, got ${show(value)}${near === undefined ? '' : `; did you mean “${near}”?`}`
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value !== null && typeof value === 'object') return 'a map'
  const text = typeof value === 'string' ? `“${value}”` : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
