import { z } from 'zod'
import type { Change, Changes } from '../overrides.ts'
import type { Fault } from '../scenario-document.ts'
import type { Path } from '../schema/keys.ts'
import { externalSchema } from './external-schema.ts'

/** Addresses by flag; secrets have none, because a command line is seen by everybody on a machine. */
export interface ExternalFlags {
  /** The file; default: rep.yaml in the working directory, where there is one. */
  readonly config?: string | undefined
  readonly brokers?: string | undefined
  readonly registry?: string | undefined
  readonly elasticsearch?: string | undefined
  readonly redis?: string | undefined
  readonly postgres?: string | undefined
  readonly prefix?: string | undefined
}

type Flag = Exclude<keyof ExternalFlags, 'config'>

const FLAGS: Readonly<Record<Flag, Path>> = {
  brokers: ['kafka', 'brokers'],
  registry: ['registry', 'url'],
  elasticsearch: ['elasticsearch', 'nodes'],
  redis: ['redis', 'url'],
  postgres: ['postgres', 'url'],
  prefix: ['prefix'],
}
const KAFKA_TLS = 'REP_KAFKA_TLS'

/** What environment and flags change, weakest first; a secret's value is in no label. */
export function externalChanges(flags: ExternalFlags, env: NodeJS.ProcessEnv): Changes {
  const changes: Change[] = []
  const faults: Fault[] = []
  if (env[KAFKA_TLS] === 'true') changes.push({ label: KAFKA_TLS, path: ['kafka', 'tls'], value: {} })
  for (const { name, path, kind } of variables()) {
    const text = env[name]
    if (text !== undefined && text !== '') changes.push({ label: name, path, value: read(text, kind) })
  }
  for (const [flag, path] of Object.entries(FLAGS)) {
    const text = flags[flag as Flag]
    if (text === undefined) continue
    const label = `--${flag}`
    if (/\/\/[^/]*@/.test(text)) {
      const message =
        'a user name or password is not taken from a command line; put it into rep.yaml or the environment'
      faults.push({ place: label, offset: 0, message })
    } else changes.push({ label, path, value: read(text, kindAt(path)) })
  }
  return { changes, durationMs: undefined, faults }
}

export interface Variable {
  readonly name: string
  readonly path: Path
  readonly kind: Kind
}

type Kind = 'text' | 'list' | 'boolean'

/** Every environment variable: `REP_` and the path, e.g. REP_KAFKA_SASL_PASSWORD; lists with commas. */
export function variables(): readonly Variable[] {
  return leaves(externalSchema, []).map(({ path, kind }) => ({ name: variableOf(path), path, kind }))
}

function variableOf(path: Path): string {
  const words = path.map((step) => String(step).replace(/[A-Z]/g, (letter) => `_${letter}`))
  return `REP_${words.join('_').toUpperCase()}`
}

function leaves(schema: z.core.$ZodType, path: Path): readonly Omit<Variable, 'name'>[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return leaves(schema.unwrap(), path)
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, value]) =>
      leaves(value as z.core.$ZodType, [...path, key]),
    )
  if (schema instanceof z.ZodArray) return [{ path, kind: 'list' }]
  return [{ path, kind: schema instanceof z.ZodBoolean ? 'boolean' : 'text' }]
}

function kindAt(path: Path): Kind {
  return leaves(externalSchema, []).find((leaf) => leaf.path.join('.') === path.join('.'))!.kind
}

function read(text: string, kind: Kind): unknown {
  if (kind === 'list') return text.split(',').map((part) => part.trim())
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
