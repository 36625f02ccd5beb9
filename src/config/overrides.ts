import { parse } from 'yaml'
import { RepError } from '../errors/rep-error.ts'
import type { Fault } from './scenario-document.ts'
import { defaultAt, type Path } from './schema/keys.ts'
import { formatDuration, parseDuration, parseRate } from './units.ts'

/** What flags change of a scenario. Each is stronger than its environment variable. */
export interface Overrides {
  /** User actions per second; environment: REP_TPS. */
  readonly tps?: number | undefined
  /** Length of the measured part in ms: the phases are stretched to it; environment: REP_DURATION. */
  readonly durationMs?: number | undefined
  /** Environment: REP_USERS. */
  readonly users?: number | undefined
  /** Environment: REP_SEED. */
  readonly seed?: number | undefined
  /** Lines of `path=value`, e.g. `load.reads.tps=100`; the named flags are stronger. */
  readonly set?: readonly string[] | undefined
}

/** One changed value and the words by which its author knows it. */
export interface Change {
  readonly label: string
  readonly path: Path
  readonly value: unknown
}

/** The changes in order, weakest first, and the length of the measured part. */
export interface Changes {
  readonly changes: readonly Change[]
  readonly durationMs: number | undefined
  readonly faults: readonly Fault[]
}

const TPS: Path = ['load', 'actions', 'tps']
const USERS: Path = ['users', 'count']
const SEED: Path = ['seed']

/** Reads the environment, `--set` and the named flags; what cannot be read is a fault, not a throw. */
export function readChanges(overrides: Overrides, env: NodeJS.ProcessEnv): Changes {
  const changes: Change[] = []
  const faults: Fault[] = []
  let durationMs: number | undefined
  const attempt = (label: string, read: () => void) => {
    try {
      read()
    } catch (error) {
      const message = error instanceof RepError ? lowerFirst(error.message) : yamlMessage(error)
      faults.push({ place: label, offset: 0, message })
    }
  }
  const fromEnv = (name: string, use: (text: string, label: string) => void) => {
    const text = env[name]
    if (text !== undefined && text !== '') attempt(`${name}=${text}`, () => use(text, `${name}=${text}`))
  }
  fromEnv('REP_TPS', (text, label) => changes.push({ label, path: TPS, value: parseRate(text) }))
  fromEnv('REP_USERS', (text, label) => changes.push({ label, path: USERS, value: parse(text) }))
  fromEnv('REP_SEED', (text, label) => changes.push({ label, path: SEED, value: parse(text) }))
  fromEnv('REP_DURATION', (text) => {
    durationMs = measuredPart(parseDuration(text))
  })
  for (const line of overrides.set ?? []) {
    attempt(`--set ${line}`, () => changes.push({ label: `--set ${line}`, ...readSet(line) }))
  }
  const { tps, users, seed } = overrides
  if (tps !== undefined) changes.push({ label: `--tps ${tps}`, path: TPS, value: tps })
  if (users !== undefined) changes.push({ label: `--users ${users}`, path: USERS, value: users })
  if (seed !== undefined) changes.push({ label: `--seed ${seed}`, path: SEED, value: seed })
  const flagMs = overrides.durationMs
  if (flagMs !== undefined) {
    attempt(`--duration ${formatDuration(flagMs)}`, () => {
      durationMs = measuredPart(flagMs)
    })
  }
  return { changes, durationMs, faults }
}

function measuredPart(ms: number): number {
  if (ms >= 1 && ms <= 7 * 86_400_000) return ms
  throw new RepError('REP_USAGE', 'Expected a duration from 1ms to 7d.')
}

function readSet(line: string): { path: Path; value: unknown } {
  const equals = line.indexOf('=')
  const steps = line
    .slice(0, Math.max(0, equals))
    .trim()
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
  if (steps.length === 0) throw new RepError('REP_USAGE', 'Expected path=value, e.g. load.reads.tps=100.')
  const path = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))
  return { path, value: parse(line.slice(equals + 1)) }
}

/** A copy of a plain value with one path changed. Missing maps and lists on the way begin with their defaults. */
export function withChange(raw: unknown, { path, value }: Change, at: Path = []): unknown {
  if (at.length === path.length) return value
  const step = path[at.length]!
  const here = raw ?? defaultAt(at) ?? {}
  if (typeof here !== 'object') return withChange({}, { label: '', path, value }, at)
  const below = withChange(Reflect.get(here, step), { label: '', path, value }, [...at, step])
  if (!Array.isArray(here)) return { ...here, [step]: below }
  const list = [...here]
  list[typeof step === 'number' ? Math.min(step, list.length) : list.length] = below
  return list
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '')
}

function yamlMessage(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error)
}
