import { dirname, join } from 'node:path'
import { atLeast, entries, run, versionIn, which } from '../../kernel/probe.ts'

const MINIMUM = '14'
const LIMIT_MS = 5000

export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
  readonly version: string
}

/**
 * The newest PostgreSQL with its server part: in the directories of Debian's and Homebrew's packages, which have
 * one a version and put none of them on the PATH, or on the PATH. Null where there is none that is new enough.
 */
export async function findPostgres(): Promise<PostgresPrograms | null> {
  const directories = [
    ...entries('/usr/lib/postgresql'),
    ...entries('/opt/homebrew/opt').filter((path) => path.includes('postgresql')),
  ].map((path) => join(path, 'bin'))
  const onPath = which('initdb')
  const found = await Promise.all(
    [...directories, ...(onPath === null ? [] : [dirname(onPath)])].map(programsIn),
  )
  return (
    found
      .filter((programs) => programs !== null && atLeast(programs.version, MINIMUM))
      .sort((a, b) => (a!.version === b!.version ? 0 : atLeast(a!.version, b!.version) ? -1 : 1))[0] ?? null
  )
}

async function programsIn(directory: string): Promise<PostgresPrograms | null> {
  const postgres = join(directory, 'postgres')
  const { ok, text } = await run(postgres, ['--version'], LIMIT_MS)
  const version = ok ? versionIn(text) : null
  return version === null ? null : { initdb: join(directory, 'initdb'), postgres, version }
}
