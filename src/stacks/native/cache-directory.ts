import { homedir } from 'node:os'
import { join } from 'node:path'
import { closedDirectory, serviceUser } from './service-user.ts'

/** Where root's services go when root's own cache is closed to the user that Elasticsearch runs as. */
const SHARED_CACHE = '/var/cache'

/**
 * The user's cache directory of rep: below XDG_CACHE_HOME, else ~/.cache. Where rep is root, Elasticsearch runs
 * as another user, who must be able to read it: a directory closed to others (as /root mostly is) is passed over
 * for /var/cache.
 */
export function cacheDirectory(): string {
  const preferred = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rep')
  const uid = serviceUser()
  return uid === null || closedDirectory(preferred, uid) === null ? preferred : join(SHARED_CACHE, 'rep')
}
