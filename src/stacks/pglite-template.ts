import { randomUUID } from 'node:crypto'
import { constants, existsSync, renameSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { openPgliteSql } from '../drivers/sql/pglite.ts'
import { cacheDirectory } from './native/cache-directory.ts'
import { packageVersion } from './package-version.ts'

/**
 * Puts an empty database in the place of `directory`, whole or not at all. Making one takes PGlite seconds, so it
 * is made once for this user and copied from then on.
 */
export async function copyEmptyDatabase(directory: string): Promise<void> {
  const draft = `${directory}.new`
  rmSync(draft, { recursive: true, force: true })
  const template = join(cacheDirectory(), `pglite-${packageVersion('@electric-sql/pglite')}`)
  if (existsSync(template) || (await makeTemplate(template)))
    await cp(template, draft, { recursive: true, mode: constants.COPYFILE_FICLONE })
  else await makeDatabase(draft)
  renameSync(draft, directory)
}

/** False where the user's cache cannot be written. */
async function makeTemplate(template: string): Promise<boolean> {
  const draft = `${template}.${randomUUID()}`
  try {
    await makeDatabase(draft)
    renameSync(draft, template)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return false
    // Somebody else was quicker: what is there is the same.
    if (['EEXIST', 'ENOTEMPTY'].includes(code) && existsSync(template)) return true
    throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function makeDatabase(directory: string): Promise<void> {
  const sql = await openPgliteSql(directory)
  await sql.close()
}
