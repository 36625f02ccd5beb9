import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import { run, versionIn, which } from '../../kernel/probe.ts'
import { INSTALL_POSTGRES } from '../no-postgres.ts'
import { portsFrom, type StackSettings } from '../settings.ts'
import { type StackHome, stackDirectory } from '../stack-description.ts'
import { ensureArtifacts } from './artifacts.ts'
import { requireJava } from './java.ts'
import type { PlanContext } from './plan-context.ts'
import { findPostgres } from './postgres-programs.ts'
import type { ServicePlan } from './service-plan.ts'
import { closedDirectory, postgresUser, serviceUser } from './service-user.ts'
import { elasticsearchPlan } from './services/elasticsearch.ts'
import { kafkaPlan } from './services/kafka.ts'
import { postgresPlan } from './services/postgres.ts'
import { redisPlan } from './services/redis.ts'
import { registryPlan } from './services/registry.ts'

/** Where a service's data goes when the stack's directory is closed to its user. */
const SHARED_STATE = '/var/lib/rep'

/** How each service of a stack is to run; fetches what is missing. Throws REP_ENVIRONMENT saying what to install. */
export async function planStack(
  home: StackHome,
  name: string,
  options: { readonly settings: StackSettings; readonly log: (line: string) => void },
): Promise<readonly ServicePlan[]> {
  const directory = stackDirectory(home, name)
  const { settings, log } = options
  const java = await requireJava()
  const artifacts = await ensureArtifacts(log)
  const uid = serviceUser()
  const closed = uid === null ? null : closedDirectory(java.home, uid)
  if (closed !== null)
    throw new RepError(
      'REP_ENVIRONMENT',
      `Elasticsearch cannot run as root, so it runs as user ${uid}, who cannot enter ${closed} to reach Java in ${java.home}: set REP_JAVA_HOME to a Java outside of it.`,
    )
  const context: PlanContext = {
    directory,
    java,
    artifacts,
    settings,
    ports: portsFrom(settings.portBase),
    uid,
  }
  const redis = await redisServer(artifacts.redisServer)
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const elasticsearch = openDirectory(directory, 'elasticsearch', { uid, log })
  const postgres = await planPostgres(context, log)
  return [
    kafkaPlan(context),
    registryPlan(context),
    elasticsearchPlan(context, elasticsearch),
    redisPlan(context, redis),
    ...(postgres === null ? [] : [postgres]),
  ]
}

/** Null, and a line that says what that means, where PostgreSQL is not installed: the pipeline does without. */
async function planPostgres(context: PlanContext, log: (line: string) => void): Promise<ServicePlan | null> {
  const programs = await findPostgres()
  if (programs === null) {
    log(
      `The stack comes up without PostgreSQL, which is not installed; statistics need it: ${INSTALL_POSTGRES}.`,
    )
    return null
  }
  const user = postgresUser()
  const directory = openDirectory(context.directory, 'postgres', { uid: user?.uid ?? null, log })
  return postgresPlan(context, { ...programs, directory, user })
}

/** Directories outside of the stack's own that openDirectory() has made for it. */
export function outsideDirectory(stack: string, service: string): string {
  return join(SHARED_STATE, `${service}-${createHash('sha256').update(stack).digest('hex').slice(0, 12)}`)
}

/**
 * The service's directory below the stack's; where its user cannot get there, one under /var/lib/rep with a
 * link to it in the stack's.
 */
function openDirectory(
  stack: string,
  service: string,
  { uid, log }: { uid: number | null; log: (line: string) => void },
): string {
  const inside = join(stack, service)
  const closed = uid === null ? null : closedDirectory(stack, uid)
  const link = lstatSync(inside, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (closed === null) {
    if (link) rmSync(inside)
    return inside
  }
  const outside = outsideDirectory(stack, service)
  log(`${service} cannot run as root, and ${closed} is closed to other users: its data is in ${outside}.`)
  mkdirSync(outside, { recursive: true, mode: 0o755 })
  if (!link) {
    rmSync(inside, { recursive: true, force: true })
    symlinkSync(outside, inside)
  }
  return outside
}

async function redisServer(packaged: string | null): Promise<{ program: string; version: string }> {
  const program = which('redis-server') ?? which('valkey-server') ?? packaged
  if (program === null)
    throw new RepError(
      'REP_ENVIRONMENT',
      'The native stack needs redis-server on the PATH: install Redis 6.2 or newer (Debian: apt-get install redis-server).',
    )
  const { ok, text } = await run(program, ['--version'], 5000)
  if (ok) return { program, version: versionIn(text) ?? 'unknown' }
  throw new RepError('REP_ENVIRONMENT', `${program} does not run: ${text}`)
}
