import { z } from 'zod'
import { scenarioSchema } from './scenario-schema.ts'

export type Path = readonly (string | number)[]
type Schema = z.core.$ZodType

/** The keys that may stand at a path of a file; empty where the path leads to no map. */
export function keysAt(path: Path, raw: unknown, root: Schema = scenarioSchema): readonly string[] {
  let schemas: readonly Schema[] = [root]
  let value = raw
  for (const step of path) {
    schemas = schemas.flatMap((schema) => inner(schema, step, value))
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  }
  return [...new Set(schemas.flatMap((schema) => shapes(schema, value).flatMap(Object.keys)))]
}

/** Every path that ends in this key, dotted: for a key that was written in the wrong section. */
export function pathsEndingIn(key: string, root: Schema = scenarioSchema): readonly string[] {
  const found: string[] = []
  visit(root, '')
  return found

  function visit(schema: Schema, path: string): void {
    for (const [name, child] of shapes(schema, undefined).flatMap(Object.entries)) {
      const here = path === '' ? name : `${path}.${name}`
      if (name === key) found.push(here)
      visit(child, here)
    }
  }
}

/** Without what only wraps: defaults, null, optional, transformations. */
function unwrap(schema: Schema): Schema {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap())
  }
  return schema
}

function inner(schema: Schema, step: string | number, value: unknown): readonly Schema[] {
  const bare = unwrap(schema)
  if (bare instanceof z.ZodArray && typeof step === 'number') return [bare.element]
  return shapes(bare, value).flatMap((shape) => (Object.hasOwn(shape, step) ? [shape[step]!] : []))
}

/** The map's keys with their schemas; of a union, those that the value's own discriminator chooses. */
function shapes(schema: Schema, value: unknown): readonly Readonly<Record<string, Schema>>[] {
  const bare = unwrap(schema)
  if (bare instanceof z.ZodObject) return [bare.shape]
  if (!(bare instanceof z.ZodDiscriminatedUnion)) return []
  const options = bare.options.flatMap((option) => shapes(option, value))
  const by = bare._zod.def.discriminator
  const chosen = typeof value === 'object' && value !== null ? Reflect.get(value, by) : undefined
  const matching = options.filter(
    (shape) => shape[by] instanceof z.ZodLiteral && shape[by].values.has(chosen as string),
  )
  return matching.length > 0 ? matching : options
}

/** A copy of the default of a path as a file would write it; undefined where it has none. */
export function defaultAt(path: Path): unknown {
  let schemas: readonly Schema[] = [scenarioSchema]
  for (const step of path) schemas = schemas.flatMap((schema) => inner(schema, step, undefined))
  const wrapped = schemas.find((schema) => schema instanceof z.ZodPrefault)
  return wrapped === undefined ? undefined : structuredClone(wrapped._zod.def.defaultValue)
}
