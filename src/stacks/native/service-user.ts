import { chownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Elasticsearch refuses to run as root: where rep is root, it runs as this user and group, which nobody else is. */
const SERVICE_UID = 59090

/** The user to run unprivileged services as; null where rep itself is not root. */
export function serviceUser(): number | null {
  return process.getuid?.() === 0 ? SERVICE_UID : null
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

/** Gives a directory and all below it to a user and the group of the same number. */
export function giveTo(path: string, uid: number): void {
  chownSync(path, uid, uid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) giveTo(join(path, name), uid)
}
