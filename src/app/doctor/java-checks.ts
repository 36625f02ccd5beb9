import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { atLeast, entries, versionIn, which } from '../../kernel/probe.ts'
import { findJavas, MINIMUM_JAVA } from '../../stacks/native/java.ts'
import { type CheckSubject, type DoctorCheck, found, missing, unusable } from './check.ts'

const JAVA: CheckSubject = {
  id: 'java',
  title: 'Java',
  need: 'optional',
  unlocks: 'the native stack: Kafka, Elasticsearch and the schema registry as plain processes',
}
const MAVEN: CheckSubject = {
  id: 'maven',
  title: 'Maven',
  need: 'optional',
  unlocks: 'fetching the native stack’s services',
}

/** Every Java that rep would look at, newest first; the first one counts. Reads `release` files, starts no JVM. */
export async function checkJava(): Promise<DoctorCheck> {
  const all = await findJavas()
  const best = all[0]
  const remedy = `Install a Java ${MINIMUM_JAVA} or newer runtime, and set JAVA_HOME or REP_JAVA_HOME where it is not found.`
  if (best === undefined)
    return missing(JAVA, 'no Java in REP_JAVA_HOME, JAVA_HOME, the usual places or the PATH', remedy)
  const others = all.filter(({ home }) => home !== best.home).map(({ version }) => version)
  const finding = {
    version: best.version,
    detail: `${best.home}${others.length > 0 ? ` (also ${others.join(', ')})` : ''}`,
  }
  return atLeast(best.version, MINIMUM_JAVA) ? found(JAVA, finding) : unusable(JAVA, finding, remedy)
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
