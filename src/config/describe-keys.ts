import { z } from 'zod'
import { scenarioSchema } from './schema/scenario-schema.ts'

interface JsonSchema {
  readonly description?: string
  readonly default?: unknown
  readonly unit?: string
  readonly type?: string
  readonly const?: unknown
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

/** The JSON Schema (draft 7) of a scenario file, for editors: `scenarios/schema.json`. */
export function scenarioJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ $schema, title: 'rep scenario', ...rest }, null, 2)}\n`
}

/** Every key of a scenario file as Markdown tables, one for each section. */
export function keyTables(): string {
  const root = JSON.parse(scenarioJsonSchema()) as JsonSchema
  const lines: string[] = []
  section('', root, lines)
  return `${lines.join('\n').trim()}\n`
}

function section(path: string, schema: JsonSchema, lines: string[]): void {
  const all = Object.entries(schema.properties ?? {})
  // A section's own keys come first, then the sections within it.
  const nested = all.filter(([, value]) => value.properties !== undefined)
  const leaves = all.filter(([, value]) => value.properties === undefined)
  lines.push('', path === '' ? '### Top level' : `### \`${path}\``, '')
  if (schema.description !== undefined) lines.push(schema.description, '')
  if (leaves.length > 0) {
    lines.push('| key | default | value | what it is |', '| --- | --- | --- | --- |')
    for (const [name, value] of leaves) rows(name, value, lines)
  }
  for (const [name, value] of nested) section(path === '' ? name : `${path}.${name}`, value, lines)
}

function rows(name: string, schema: JsonSchema, lines: string[]): void {
  const set = schema.default === undefined ? '' : code(schema.default)
  lines.push(`| \`${name}\` | ${set} | ${kind(schema)} | ${schema.description ?? ''} |`)
  for (const [prefix, option] of options(name, schema)) {
    for (const [key, value] of Object.entries(option.properties ?? {})) {
      if (value.const === undefined) rows(`${prefix}.${key}`, value, lines)
      else lines.push(`| \`${prefix}.${key}: ${String(value.const)}\` | | | ${value.description ?? ''} |`)
    }
  }
}

/** The maps that a key may hold where it is a list, a choice or nullable. */
function options(name: string, schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const inList = schema.items?.oneOf?.map((option) => [`${name}[]`, option] as const)
  const chosen = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].filter(({ properties }) => properties)
  return inList ?? chosen.map((option) => [name, option] as const)
}

function kind(schema: JsonSchema): string {
  if (schema.unit !== undefined) return schema.unit
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(', ')
  const kinds = schema.anyOf ?? [schema]
  if (kinds.some(({ pattern }) => pattern?.includes('%'))) return 'share or %'
  const names = kinds.map(({ type, pattern, properties, items }) => {
    if (pattern?.includes('ms|s|m|h|d')) return 'duration'
    if (type === 'array' || items !== undefined) return 'list'
    if (properties !== undefined || type === undefined) return 'map'
    return type === 'string' ? 'text' : type === 'integer' ? 'number' : type
  })
  return names.filter((name) => name !== 'null').join(' or ')
}

function code(value: unknown): string {
  if (value === '') return ''
  if (!Array.isArray(value))
    return `\`${typeof value === 'object' && value !== null ? flow(value) : String(value)}\``
  return value.length === 0
    ? '`[]`'
    : value.map((item) => (typeof item === 'object' ? `\`${flow(item)}\`` : `\`${item}\``)).join('<br>')
}

function flow(map: object): string {
  const pairs = Object.entries(map).map(([key, value]) => `${key}: ${String(value)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}
