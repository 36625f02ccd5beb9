import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RepError } from '../errors/rep-error.ts'
import { type StackHome, type StackKind, stackDirectory, stackNames } from './stack-description.ts'

/** What a stack is started with; kept with the stack, so that the next `rep up` uses the same. */
export interface StackSettings {
  /** First of the stack's ports, see portsFrom(). */
  readonly portBase: number
  readonly kafkaHeapMb: number
  readonly elasticsearchHeapMb: number
  readonly registryHeapMb: number
  readonly redisMaxMb: number
}

type KeptSettings = StackSettings & { readonly kind: StackKind }

const DEFAULTS: Omit<StackSettings, 'portBase'> = {
  kafkaHeapMb: 512,
  elasticsearchHeapMb: 1024,
  registryHeapMb: 256,
  redisMaxMb: 1024,
}
const MINIMA: StackSettings = {
  portBase: 1024,
  kafkaHeapMb: 128,
  elasticsearchHeapMb: 256,
  registryHeapMb: 128,
  redisMaxMb: 16,
}
const FIRST_PORT = 19090
/** Room that each stack has from its first port on. */
const PORTS = 20
const LAST_PORT = 65_535
const MAX_MB = 2 ** 20

export interface StackPorts {
  readonly kafka: number
  readonly kafkaController: number
  readonly elasticsearch: number
  readonly elasticsearchTransport: number
  readonly redis: number
  readonly registry: number
  readonly registryManagement: number
  readonly postgres: number
}

/** The stack's ports from its first one on. */
export function portsFrom(base: number): StackPorts {
  return {
    kafka: base,
    kafkaController: base + 1,
    elasticsearch: base + 2,
    elasticsearchTransport: base + 3,
    redis: base + 4,
    registry: base + 5,
    registryManagement: base + 6,
    postgres: base + 7,
  }
}

/**
 * Settings of a stack: what is given, else what it had before, else defaults. Without a port base it gets the
 * first range that no other stack of this home uses. Throws REP_USAGE for a value out of range.
 */
export function resolveSettings(home: StackHome, name: string, given: Partial<StackSettings>): StackSettings {
  const { kind: _, ...kept } = readSettings(home, name) ?? {}
  const settings: StackSettings = {
    portBase: kept.portBase ?? freeBase(home, name),
    ...DEFAULTS,
    ...kept,
    ...given,
  }
  for (const [key, minimum] of Object.entries(MINIMA)) {
    const value = settings[key as keyof StackSettings]
    const maximum = key === 'portBase' ? LAST_PORT - PORTS : MAX_MB
    if (!Number.isInteger(value) || value < minimum || value > maximum)
      throw new RepError('REP_USAGE', `${key} is ${value}; it must be from ${minimum} to ${maximum}.`)
  }
  return settings
}

/** Which kind of stack has this name; null where there is none yet. */
export function stackKind(home: StackHome, name: string): StackKind | null {
  return readSettings(home, name)?.kind ?? null
}

/** Keeps the settings with the stack, also while it is down. */
export function saveSettings(home: StackHome, name: string, kept: KeptSettings): void {
  mkdirSync(stackDirectory(home, name), { recursive: true, mode: 0o755 })
  writeFileSync(settingsPath(home, name), `${JSON.stringify(kept, null, 2)}\n`)
}

function readSettings(home: StackHome, name: string): Partial<KeptSettings> | null {
  try {
    return JSON.parse(readFileSync(settingsPath(home, name), 'utf8')) as Partial<KeptSettings>
  } catch (error) {
    // Not started before, or the file is damaged: defaults do.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}

function freeBase(home: StackHome, name: string): number {
  const used = new Set(
    stackNames(home)
      .filter((other) => other !== name)
      .map((other) => readSettings(home, other)?.portBase),
  )
  let base = FIRST_PORT
  while (used.has(base)) base += PORTS
  return base
}

function settingsPath(home: StackHome, name: string): string {
  return join(stackDirectory(home, name), 'settings.json')
}
