import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { keepSecret } from '../../errors/redact.ts'
import { isMap } from '../extended-scenario.ts'
import { withChange } from '../overrides.ts'
import { type PathFault, valueAt } from '../scenario-faults.ts'
import type { Path } from '../schema/keys.ts'
import { variables } from './external-changes.ts'
import { SECRET_KEYS } from './external-schema.ts'

export interface Resolved {
  readonly raw: unknown
  readonly faults: readonly PathFault[]
}

export interface ResolveOptions {
  readonly env: NodeJS.ProcessEnv
  /** What file names are relative to. */
  readonly directory: string
}

const FROM_ENV = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/
const PEM = '-----BEGIN '

/** Puts secrets and PEM files in the place of what names them; each secret is kept out of errors from then on. */
export function resolveSecrets(raw: unknown, options: ResolveOptions): Resolved {
  const faults: PathFault[] = []
  let resolved = raw
  for (const { path } of variables()) {
    const key = String(path.at(-1))
    const wanted = wantedText(raw, path, options)
    if (wanted === null) continue
    if ('fault' in wanted) faults.push(wanted.fault)
    else resolved = withChange(resolved, { label: '', path, value: wanted.text })
    if ('text' in wanted && SECRET_KEYS.has(key)) keepSecret(wanted.text)
  }
  return { raw: withoutFiles(resolved), faults }
}

/** The value with its secrets hidden, for messages. */
export function shownValue(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => shownValue(item, key))
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shownValue(inner, name)]))
  if (SECRET_KEYS.has(key) && value !== undefined) return '[secret]'
  return typeof value === 'string' ? value.replace(/\/\/[^/]*@/, '//[secret]@') : value
}

type Wanted = { readonly text: string } | { readonly fault: PathFault }

/** Null where there is nothing to put into its place. */
function wantedText(raw: unknown, path: Path, options: ResolveOptions): Wanted | null {
  const key = String(path.at(-1))
  const value = valueAt(raw, path)
  const isPem = path.includes('tls') && key !== 'insecure'
  if (isPem) return typeof value === 'string' ? pem(value, path, options) : null
  if (!SECRET_KEYS.has(key)) return null
  const filePath = [...path.slice(0, -1), `${key}File`]
  const file = valueAt(raw, filePath)
  if (typeof file === 'string') {
    if (value !== undefined) return fault(filePath, `give ${key} or ${key}File, not both`)
    return fileText(file, filePath, options)
  }
  return typeof value === 'string' ? fromEnv(value, path, options) : null
}

function pem(value: string, path: Path, options: ResolveOptions): Wanted {
  const given = fromEnv(value, path, options)
  if ('fault' in given || given.text.startsWith(PEM)) return given
  const found = fileText(given.text, path, options)
  if ('fault' in found || found.text.includes(PEM)) return found
  return fault(path, 'expected a file with a PEM text (-----BEGIN …)')
}

function fromEnv(value: string, path: Path, { env }: ResolveOptions): Wanted {
  const name = FROM_ENV.exec(value)?.[1]
  if (name === undefined) return { text: value }
  const text = env[name]
  if (text === undefined || text === '') return fault(path, `the environment variable ${name} is not set`)
  return { text }
}

function fileText(file: string, path: Path, { directory }: ResolveOptions): Wanted {
  const place = resolve(directory, file)
  try {
    return { text: readFileSync(place, 'utf8').replace(/\r?\n$/, '') }
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    return fault(path, `cannot read ${place} (${code})`)
  }
}

function fault(path: Path, message: string): Wanted {
  return { fault: { path, at: 'value', message } }
}

/** What a file held stands in its key's place now. */
function withoutFiles(value: unknown): unknown {
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(
    ([key]) => !(key.endsWith('File') && SECRET_KEYS.has(key.slice(0, -4))),
  )
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutFiles(inner)]))
}
