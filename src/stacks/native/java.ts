import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import { atLeast, entries, run, versionIn, which } from '../../kernel/probe.ts'

/** Oldest Java that every service of the native stack accepts: Elasticsearch and the registry want 21, Kafka 17. */
export const MINIMUM_JAVA = '21'

export interface Java {
  /** What JAVA_HOME would be. */
  readonly home: string
  readonly version: string
}

/** Every Java that rep would look at, newest first. Reads `release` files; starts a JVM only where there is none. */
export async function findJavas(): Promise<readonly Java[]> {
  const homes = javaHomes()
  const versions = await Promise.all(homes.map(javaVersion))
  return homes
    .flatMap((home, i) => (versions[i] == null ? [] : [{ home, version: versions[i] }]))
    .sort((a, b) => (a.version === b.version ? 0 : atLeast(a.version, b.version) ? -1 : 1))
}

/** The Java for the services: REP_JAVA_HOME where it is new enough, else the newest. Throws REP_ENVIRONMENT where there is none. */
export async function requireJava(minimum = MINIMUM_JAVA): Promise<Java> {
  const javas = (await findJavas()).filter(({ version }) => atLeast(version, minimum))
  const chosen = process.env.REP_JAVA_HOME ? realHome(process.env.REP_JAVA_HOME)[0] : undefined
  const java = javas.find(({ home }) => home === chosen) ?? javas[0]
  if (java !== undefined) return java
  throw new RepError(
    'REP_ENVIRONMENT',
    `The native stack needs Java ${minimum} or newer, and there is none in REP_JAVA_HOME, JAVA_HOME, the usual places or the PATH: install one (Debian: apt-get install openjdk-21-jre-headless).`,
  )
}

function javaHomes(): readonly string[] {
  const onPath = which('java')
  const candidates = [
    process.env.REP_JAVA_HOME,
    process.env.JAVA_HOME,
    ...entries('/usr/lib/jvm'),
    ...entries('/Library/Java/JavaVirtualMachines').map((path) => join(path, 'Contents/Home')),
    onPath === null ? undefined : dirname(dirname(realpathSync(onPath))),
  ]
  return [...new Set(candidates.flatMap((home) => (home ? realHome(home) : [])))]
}

/** The directory behind links, if it has a `bin/java`. */
function realHome(home: string): readonly string[] {
  try {
    realpathSync(join(home, 'bin/java'))
    return [realpathSync(home)]
  } catch {
    // A directory without Java in it, or a link to nowhere.
    return []
  }
}

async function javaVersion(home: string): Promise<string | null> {
  try {
    return /^JAVA_VERSION="([^"]+)"/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1] ?? null
  } catch {
    const { ok, text } = await run(join(home, 'bin/java'), ['-version'], 800)
    return ok ? versionIn(text) : null
  }
}
