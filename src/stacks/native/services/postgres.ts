import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresVersion } from '../../probes/postgres.ts'
import type { StackPorts } from '../../settings.ts'
import { nativeFiles } from '../artifacts.ts'
import { logsOf } from '../log-files.ts'
import { untilMemoryReleased } from '../orphaned-memory.ts'
import type { PostgresPrograms } from '../postgres-programs.ts'
import type { ServicePlan } from '../service-plan.ts'

/** User and database of rep; the user may do nothing outside of it. */
const NAME = 'rep'

/**
 * Makes a database cluster beside its place and moves it there at the end, so that what is there is whole. Its
 * superuser cannot log in (see pg_hba.conf): user and database are made by a server that runs for this alone.
 */
const CREATE = `set -e
rm -rf "$3"
"$1" -D "$3" -U postgres -A reject -E UTF8 --locale=C
"$2" --single -D "$3" postgres <<'END'
CREATE ROLE ${NAME} LOGIN
CREATE DATABASE ${NAME} OWNER ${NAME}
END
mv "$3" "$4"
`
const ACCESS = `# Nobody else, from nowhere else; as with the other services of a stack, who is on this host is trusted.
host ${NAME} ${NAME} 127.0.0.1/32 trust
`

export function postgresUrl(port: number): string {
  return `postgres://${NAME}@127.0.0.1:${port}/${NAME}`
}

/** What of a plan's context it needs. */
export interface PostgresPlace {
  readonly directory: string
  readonly ports: Pick<StackPorts, 'postgres'>
}

export interface PostgresSetting extends PostgresPrograms {
  readonly directory: string
  /** Null: as rep itself. */
  readonly user: { readonly uid: number; readonly gid: number } | null
}

/** PostgreSQL with one database, on loopback. */
export function postgresPlan(
  { directory: stack, ports }: PostgresPlace,
  setting: PostgresSetting,
): ServicePlan {
  const { directory, user, version } = setting
  // A server reads only data of its own major version.
  const data = join(directory, `data-${Number.parseInt(version, 10)}`)
  const config = join(directory, 'postgresql.conf')
  const common = readFileSync(join(nativeFiles(), 'postgresql.conf'), 'utf8')
  const env = { HOME: directory }
  return {
    name: 'postgres',
    version,
    ports: [ports.postgres],
    directory,
    directories: [directory],
    files: {
      [config]: `${common}
port = ${ports.postgres}
data_directory = '${data.replaceAll("'", "''")}'
`,
      [join(directory, 'pg_hba.conf')]: ACCESS,
      [join(directory, 'pg_ident.conf')]: '',
    },
    uid: user?.uid ?? null,
    ...(user === null ? {} : { gid: user.gid }),
    settled: (signal) => untilMemoryReleased(data, signal),
    beforeStart: {
      program: '/bin/sh',
      args: ['-c', CREATE, 'sh', setting.initdb, setting.postgres, `${data}.new`, data],
      env,
      cwd: directory,
      unless: data,
    },
    command: { program: setting.postgres, args: ['-D', directory], env, cwd: directory },
    logs: logsOf(stack, 'postgres'),
    probe: (signal) => postgresVersion({ url: postgresUrl(ports.postgres) }, signal),
    startLimitMs: 60_000,
  }
}
