import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPgliteSql } from '../../src/drivers/sql/pglite.ts'
import { copyEmptyDatabase } from '../../src/stacks/pglite-template.ts'
import { describeSql } from './sql-contract.ts'

describeSql('pglite', async () => {
  const root = mkdtempSync(join(tmpdir(), 'rep-sql-'))
  const directory = join(root, 'data')
  await copyEmptyDatabase(directory)
  const sql = await openPgliteSql(directory)
  return {
    sql,
    close: async () => {
      await sql.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
})
