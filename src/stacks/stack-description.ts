import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ExternalConfig } from '../config/external/external-config.ts'
import { RepError } from '../errors/rep-error.ts'

/** Every stack has them: without one of them no pipeline runs. */
export const PIPELINE_SERVICES = ['kafka', 'registry', 'elasticsearch', 'redis'] as const

/** All services, in the order in which they are shown. PostgreSQL only where it is installed or described. */
export const SERVICES = [...PIPELINE_SERVICES, 'postgres'] as const

/** What rep can start. */
export type StackKind = 'native' | 'compose'

export type PipelineService = (typeof PIPELINE_SERVICES)[number]
export type ServiceName = (typeof SERVICES)[number]

/** Where rep keeps its things, as far as stacks need to know. */
export interface StackHome {
  readonly root: string
}

/** One service as `rep up` left it. */
export interface ServiceDescription {
  /** `host:port` of its main listener. */
  readonly address: string
  readonly version: string
  /** Null where the service is not a process of this host's user (a container). */
  readonly pid: number | null
  /** Newest last; none where the logs are not files (a container). */
  readonly logs: readonly string[]
}

/** A started stack of services: what a client needs to reach it. Stored as stack.json by `rep up`. */
export interface StackDescription {
  readonly name: string
  readonly kind: StackKind | 'external'
  /** ISO 8601, UTC; empty where rep did not start it. */
  readonly startedAt: string
  /** `host:port` each. */
  readonly brokers: readonly string[]
  /** http URL, no slash at its end. */
  readonly elasticsearch: string
  /** redis URL. */
  readonly redis: string
  /** URL of Confluent's schema registry API, no slash at its end. */
  readonly registry: string
  /** `postgres://user@host:port/database`, without a password; absent where the stack has none. */
  readonly postgres?: string
  readonly services: Readonly<Record<PipelineService, ServiceDescription>> & {
    readonly postgres?: ServiceDescription
  }
  /** What the stack was started with; the next `rep up` starts from it. */
  readonly settings: Readonly<Record<string, string | number>>
  /** How to get in where rep did not start it. Holds secrets: never shown, never stored. */
  readonly external?: ExternalConfig
}

/** The stack's own directory: description, data, logs, process ids. */
export function stackDirectory(home: StackHome, name: string): string {
  return join(home.root, 'stacks', name)
}

/** The command that starts a stack, or what is missing of it. */
export function startCommand(name: string): string {
  return `rep up ${name === 'native' || name === 'compose' ? '--stack' : '--name'} ${name}`
}

/** The description of a started stack. Throws REP_ENVIRONMENT, naming the command that starts it, where there is none. */
export function readStackDescription(home: StackHome, name: string): StackDescription {
  const description = findStackDescription(home, name)
  if (description !== null) return description
  throw new RepError(
    'REP_ENVIRONMENT',
    `The ${name} stack is not up (no description in ${stackDirectory(home, name)}): start it with ${startCommand(name)}.`,
  )
}

/** The description of a stack; null where it is not up. Throws REP_ENVIRONMENT where the file is damaged. */
export function findStackDescription(home: StackHome, name: string): StackDescription | null {
  const path = descriptionPath(home, name)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as StackDescription
  } catch (cause) {
    throw new RepError('REP_ENVIRONMENT', `${path} is not JSON: remove it and run rep up again.`, { cause })
  }
}

/** Stores a description; whoever reads at the same time sees the old one or the new one. */
export function writeStackDescription(home: StackHome, description: StackDescription): void {
  const path = descriptionPath(home, description.name)
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(description, null, 2)}\n`)
  renameSync(draft, path)
}

/** Names of the stacks that have a directory in this home, up or not, sorted. */
export function stackNames(home: StackHome): readonly string[] {
  try {
    return readdirSync(join(home.root, 'stacks'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function descriptionPath(home: StackHome, name: string): string {
  return join(stackDirectory(home, name), 'stack.json')
}

/** The services that a stack has, as they are shown. */
export function servicesOf({
  services,
}: Pick<StackDescription, 'services'>): readonly (readonly [ServiceName, ServiceDescription])[] {
  return SERVICES.flatMap((name) => {
    const service = services[name]
    return service === undefined ? [] : [[name, service] as const]
  })
}

export function isServiceName(text: string): text is ServiceName {
  return SERVICES.some((service) => service === text)
}
