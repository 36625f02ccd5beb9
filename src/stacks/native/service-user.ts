import { chownSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'

/** Elasticsearch refuses to run as root: where rep is root, it runs as this user and group, which nobody else is. */
const SERVICE_UID = 59090

/** The user to run unprivileged services as; null where rep itself is not root. */
export function serviceUser(): number | null {
  return process.getuid?.() === 0 ? SERVICE_UID : null
}

/**
 * Who runs PostgreSQL, whose initdb refuses root and users without an account: the account that its package makes,
 * else the one that owns nothing. Null where rep itself is not root. Throws REP_ENVIRONMENT where there is neither.
 */
export function postgresUser(accounts = '/etc/passwd'): { uid: number; gid: number } | null {
  if (serviceUser() === null) return null
  const lines = readFileSync(accounts, 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (Number(uid) > 0 && Number(gid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new RepError(
    'REP_ENVIRONMENT',
    `PostgreSQL cannot run as root, and ${accounts} has neither a user postgres nor nobody: make one, or run rep as another user.`,
  )
}

/**
 * The highest directory on the way to `path` (itself included, as far as it exists) that `uid` may not pass;
 * null where the way is open. Looks at owner and mode for others; access control lists are not considered.
 */
export function closedDirectory(path: string, uid: number): string | null {
  const parent = dirname(path)
  const above = parent === path ? null : closedDirectory(parent, uid)
  if (above !== null) return above
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isDirectory()) return null
  const open = stats.uid === uid ? stats.mode & 0o100 : stats.mode & 0o001
  return open === 0 ? path : null
}

/** Gives a directory and all below it to a user and a group, that of the same number by default. */
export function giveTo(path: string, uid: number, gid = uid): void {
  chownSync(path, uid, gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) giveTo(join(path, name), uid, gid)
}
