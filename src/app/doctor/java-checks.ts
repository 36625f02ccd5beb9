import { readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type CheckSubject, type DoctorCheck, found, missing, unusable } from './check.ts'
import { atLeast, entries, run, versionIn, which } from './probe.ts'

const JAVA: CheckSubject = {
  id: 'java',
  title: 'Java',
  need: 'optional',
  unlocks: 'the native stack: Kafka and Elasticsearch as plain processes',
}
const MAVEN: CheckSubject = {
  id: 'maven',
  title: 'Maven',
  need: 'optional',
  unlocks: 'fetching the native stack’s services',
}
const MINIMUM = '17'

/** Every Java that rep would look at, newest first; the first one counts. Reads `release` files, starts no JVM. */
export async function checkJava(): Promise<DoctorCheck> {
  const homes = javaHomes()
  const versions = await Promise.all(homes.map(javaVersion))
  const all = homes.flatMap((home, i) => (versions[i] == null ? [] : [{ home, version: versions[i] }]))
  const best = all.toSorted((a, b) =>
    a.version === b.version ? 0 : atLeast(a.version, b.version) ? -1 : 1,
  )[0]
  const remedy = `Install a Java ${MINIMUM} or newer runtime, and set JAVA_HOME or REP_JAVA_HOME where it is not found.`
  if (best === undefined)
    return missing(JAVA, 'no Java in REP_JAVA_HOME, JAVA_HOME, the usual places or the PATH', remedy)
  const others = all.filter(({ home }) => home !== best.home).map(({ version }) => version)
  const finding = {
    version: best.version,
    detail: `${best.home}${others.length > 0 ? ` (also ${others.join(', ')})` : ''}`,
  }
  return atLeast(best.version, MINIMUM) ? found(JAVA, finding) : unusable(JAVA, finding, remedy)
}

/** Maven's version is in a file's name beside it, so no JVM is started. */
export function checkMaven(): DoctorCheck {
  const program = which('mvn')
  if (program === null) return missing(MAVEN, 'mvn is not on the PATH', 'Install Apache Maven 3.9 or newer.')
  const lib = join(dirname(dirname(realpathSync(program))), 'lib')
  const core = entries(lib).find((path) => /^maven-core-\d/.test(basename(path)))
  return found(MAVEN, {
    version: core === undefined ? null : versionIn(basename(realpathSync(core))),
    detail: program,
  })
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
