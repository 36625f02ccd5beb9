import { existsSync } from 'node:fs'
import { get } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run, versionIn, which } from '../../kernel/probe.ts'
import { findPostgres } from '../../stacks/native/postgres-programs.ts'
import { type CheckSubject, type DoctorCheck, found, missing, unusable } from './check.ts'

const LIMIT_MS = 800
const DOCKER: CheckSubject = {
  id: 'docker',
  title: 'Docker engine',
  need: 'optional',
  unlocks: 'the compose stack: Kafka, Elasticsearch and Redis in containers',
}
const REDIS: CheckSubject = {
  id: 'redis',
  title: 'Redis server',
  need: 'optional',
  unlocks: 'the native stack’s key-value store',
}
const POSTGRES: CheckSubject = {
  id: 'postgres',
  title: 'PostgreSQL',
  need: 'optional',
  unlocks: 'the native stack’s SQL database, for statistics',
}

/** Asks the engine for its version on its socket, as DOCKER_HOST or the usual places name it. */
export async function checkDocker(): Promise<DoctorCheck> {
  const { DOCKER_HOST, XDG_RUNTIME_DIR } = process.env
  const tcp = DOCKER_HOST?.startsWith('tcp://')
  const sockets = DOCKER_HOST?.startsWith('unix://')
    ? [DOCKER_HOST.slice('unix://'.length)]
    : [
        '/var/run/docker.sock',
        join(XDG_RUNTIME_DIR ?? '/nowhere', 'docker.sock'),
        join(homedir(), '.docker/run/docker.sock'),
      ]
  const socketPath = sockets.find((path) => existsSync(path))
  const client = which('docker')
  if (!tcp && socketPath === undefined) {
    if (client === null)
      return missing(DOCKER, 'no docker on the PATH, no socket', 'Install Docker Engine or Docker Desktop.')
    return unusable(DOCKER, { detail: `${client}, but no engine’s socket` }, 'Start the Docker engine.')
  }
  const where = socketPath ?? DOCKER_HOST ?? ''
  const version = await engineVersion(
    tcp ? { url: DOCKER_HOST!.replace('tcp://', 'http://') } : { socketPath: where },
  )
  if (version !== null)
    return found(DOCKER, {
      version,
      detail: client === null ? `${where}, but no docker client on the PATH` : where,
    })
  return unusable(
    DOCKER,
    { detail: `${where} does not answer` },
    'Start the Docker engine, or get the right to use its socket.',
  )
}

export async function checkRedis(): Promise<DoctorCheck> {
  const program = which('redis-server') ?? which('valkey-server')
  if (program === null)
    return missing(
      REDIS,
      'neither redis-server nor valkey-server is on the PATH',
      'Install Redis 6.2 or newer.',
    )
  const { ok, text } = await run(program, ['--version'], LIMIT_MS)
  return ok
    ? found(REDIS, { version: versionIn(text), detail: program })
    : unusable(REDIS, { detail: `${program}: ${text}` }, 'Install it again.')
}

export async function checkPostgres(): Promise<DoctorCheck> {
  const programs = await findPostgres()
  if (programs !== null) return found(POSTGRES, { version: programs.version, detail: programs.postgres })
  return missing(
    POSTGRES,
    'no initdb and postgres of version 14 or newer, in the usual places or on the PATH',
    'Install PostgreSQL, its server part too (Debian: apt-get install postgresql).',
  )
}

async function engineVersion(at: { url: string } | { socketPath: string }): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const url = new URL('/version', 'url' in at ? at.url : 'http://localhost')
  const options = { timeout: LIMIT_MS, ...('socketPath' in at ? { socketPath: at.socketPath } : {}) }
  const request = get(url, options, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    response.on('end', () => resolve(response.statusCode === 200 ? versionField(body) : null))
    response.on('error', () => resolve(null))
  })
  request.on('timeout', () => request.destroy())
  request.on('error', () => resolve(null))
  return promise
}

function versionField(body: string): string | null {
  return /"Version"\s*:\s*"([^"]+)"/.exec(body)?.[1] ?? null
}
