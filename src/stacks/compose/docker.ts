import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'
import { RepError } from '../../errors/rep-error.ts'
import { run, which } from '../../kernel/probe.ts'
import { portsFrom, type StackSettings } from '../settings.ts'

const ANSWER_LIMIT_MS = 15_000

/** The compose file of the services, below rep's own directory. */
export function composeFile(): string {
  return join(packageRoot(), 'docker/compose.yaml')
}

/** Where `docker compose` is of use: null; else what is missing, as a sentence. Starts nothing. */
export async function composeObstacle(): Promise<string | null> {
  const docker = which('docker')
  if (docker === null) return 'There is no docker on the PATH.'
  const engine = await run(docker, ['version', '--format', '{{.Server.Version}}'], ANSWER_LIMIT_MS)
  if (!engine.ok) return `No Docker engine answers (${engine.text.split('\n').at(-1)}).`
  const plugin = await run(docker, ['compose', 'version', '--short'], ANSWER_LIMIT_MS)
  return plugin.ok ? null : 'Docker has no compose plugin.'
}

/** One stack's `docker compose`. */
export class ComposeProject {
  readonly #docker: string
  readonly #args: readonly string[]
  readonly #env: NodeJS.ProcessEnv

  constructor(name: string, settings: StackSettings) {
    this.#docker = which('docker') ?? 'docker'
    this.#args = ['compose', '-f', composeFile(), '-p', projectOf(name), '--profile', 'stack']
    this.#env = { ...process.env, ...variablesOf(settings) }
  }

  /** Runs to the end and returns what it printed. Throws REP_ENVIRONMENT with its last lines when it fails. */
  async run(args: readonly string[], limitMs: number): Promise<string> {
    const { ok, text, timedOut } = await run(this.#docker, [...this.#args, ...args], limitMs, {
      env: this.#env,
    })
    if (ok) return text
    const why = timedOut ? `did not end within ${limitMs / 1000} s` : 'failed'
    throw new RepError('REP_ENVIRONMENT', `docker compose ${args[0]} ${why}.`, {
      details: text.split('\n').slice(-12),
    })
  }

  /** Runs with the terminal as its output until it ends or `signal` is aborted. */
  async show(args: readonly string[], signal: AbortSignal): Promise<void> {
    const child = spawn(this.#docker, [...this.#args, ...args], {
      env: this.#env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const end = (): void => void child.kill('SIGTERM')
    signal.addEventListener('abort', end)
    try {
      await once(child, 'exit')
    } finally {
      signal.removeEventListener('abort', end)
    }
  }
}

/** Compose allows lower case letters, digits, dash and underscore. */
export function projectOf(name: string): string {
  return name === 'compose' ? 'rep' : `rep-${name.toLowerCase().replace(/[^a-z0-9_-]/g, '-')}`
}

/** Memory limits: the heap, and what a JVM, Lucene's page cache or Redis's overhead needs beside it. */
function variablesOf(settings: StackSettings): Record<string, string> {
  const ports = portsFrom(settings.portBase)
  const { kafkaHeapMb, registryHeapMb, elasticsearchHeapMb, redisMaxMb } = settings
  const variables = {
    REP_KAFKA_PORT: ports.kafka,
    REP_REGISTRY_PORT: ports.registry,
    REP_ELASTICSEARCH_PORT: ports.elasticsearch,
    REP_REDIS_PORT: ports.redis,
    REP_POSTGRES_PORT: ports.postgres,
    REP_KAFKA_HEAP_MB: kafkaHeapMb,
    REP_KAFKA_LIMIT_MB: kafkaHeapMb + 768,
    REP_REGISTRY_HEAP_MB: registryHeapMb,
    REP_REGISTRY_LIMIT_MB: registryHeapMb + 512,
    REP_ELASTICSEARCH_HEAP_MB: elasticsearchHeapMb,
    REP_ELASTICSEARCH_LIMIT_MB: elasticsearchHeapMb * 2 + 1024,
    REP_REDIS_MAX_MB: redisMaxMb,
    REP_REDIS_LIMIT_MB: redisMaxMb + 512,
  }
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]))
}
