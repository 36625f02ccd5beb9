import { openPostgresSql } from '../../src/drivers/sql/postgres.ts'
import { dropSchema, ensureSchema } from '../../src/stacks/sql-schema.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { describeSql } from './sql-contract.ts'

describeService('REP_TEST_POSTGRES', (url) => {
  describeSql('pg', async () => {
    const schema = uniquePrefix()
    const sql = await openPostgresSql({ url, schema })
    await ensureSchema(sql, schema)
    return {
      sql,
      close: async () => {
        await dropSchema(sql, schema)
        await sql.close()
      },
    }
  })
})
