import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgresSql } from '../../src/drivers/sql/postgres.ts'
import type { PostgresAddress } from '../../src/drivers/sql/postgres-address.ts'
import type { RepError } from '../../src/errors/rep-error.ts'
import type { Sql } from '../../src/ports/sql.ts'
import { admitExternal } from '../../src/stacks/external/admit-external.ts'
import { describeExternal } from '../../src/stacks/external/describe-external.ts'
import { resetTables } from '../../src/stacks/reset-tables.ts'
import { postgresAccess } from '../../src/stacks/service-access.ts'
import { openServiceSql } from '../../src/stacks/service-sql.ts'
import { dropSchema, ensureSchema, schemaState } from '../../src/stacks/sql-schema.ts'
import { tableStatus } from '../../src/stacks/status/table-status.ts'
import { opensslMissing } from '../fixtures/certificates.ts'
import { POSTGRES_PASSWORD, PostgresServer, postgresMissing } from '../fixtures/postgres-server.ts'

const LIMIT_MS = 180_000
const PATIENCE = { timeout: 60_000, interval: 100 }

describe.skipIf(postgresMissing)('a PostgreSQL server (skipped where none is installed)', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, LIMIT_MS)
  afterAll(() => server.remove(), LIMIT_MS)

  async function using<T>(changes: Partial<PostgresAddress>, use: (sql: Sql) => Promise<T>): Promise<T> {
    const sql = await openPostgresSql({ url: server.url, ...changes })
    try {
      return await use(sql)
    } finally {
      await sql.close()
    }
  }
  const failure = (call: Promise<unknown>) =>
    call.then(
      () => expect.unreachable('it was taken'),
      (error: unknown) => error as RepError,
    )

  test('only rep may log in, only to its database, and it is no superuser', async () => {
    const other = server.url.replace(/rep$/, 'postgres')
    expect(await failure(openPostgresSql({ url: server.url, username: 'postgres' }))).toMatchObject({
      code: 'REP_ENVIRONMENT',
    })
    expect(await failure(openPostgresSql({ url: other }))).toMatchObject({ code: 'REP_ENVIRONMENT' })
    const error = await using({}, (sql) => failure(sql.query("COPY (SELECT 1) TO PROGRAM 'true'")))
    expect(error).toMatchObject({ code: 'REP_ENVIRONMENT', message: expect.stringContaining('42501') })
  })

  test('a restart costs rejections that may be tried again, one line when it goes and one when it is back', async () => {
    const lines: string[] = []
    await using({ log: (line) => lines.push(line) }, async (sql) => {
      await sql.script('CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)')
      await server.stop()
      for (let i = 0; i < 3; i++)
        expect(await failure(sql.query('SELECT 1'))).toMatchObject({
          code: 'REP_STORE_UNAVAILABLE',
          retryable: true,
        })
      await server.start()
      await expect.poll(() => sql.query('SELECT n FROM kept').catch(() => null), PATIENCE).toEqual([{ n: 1 }])
    })
    expect(lines).toEqual([
      expect.stringMatching(
        /^postgres: connection to 127\.0\.0\.1:\d+\/rep lost \(.+\), trying to reconnect$/,
      ),
      expect.stringMatching(/^postgres: connected to 127\.0\.0\.1:\d+\/rep again$/),
    ])
  })

  test('what a transaction had done when the server was killed is not there afterwards', async () => {
    await using({}, async (sql) => {
      await sql.script('CREATE TABLE halves (n int)')
      // Outlives the server by a moment, in which no other may take the data.
      const busy = sql.query('SELECT count(*) FROM generate_series(1, 6000000) AS busy').catch(() => null)
      const working = () =>
        sql.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%AS busy' AND state = 'active'")
      await expect.poll(async () => (await working()).length, PATIENCE).toBeGreaterThan(0)
      const error = await failure(
        sql.transaction(async (session) => {
          await session.query('INSERT INTO halves VALUES (1)')
          process.kill(server.pid, 'SIGKILL')
          for (;;) await session.query('SELECT pg_sleep(0.01)')
        }),
      )
      expect(error).toMatchObject({ code: 'REP_STORE_UNAVAILABLE' })
      await server.stop()
      await server.start()
      await expect.poll(() => sql.query('SELECT * FROM halves').catch(() => null), PATIENCE).toEqual([])
      await busy
    })
  })

  test('an aborted statement ends at once, an aborted transaction is rolled back, and both leave a driver that works', async () => {
    const lines: string[] = []
    await using({ log: (line) => lines.push(line) }, async (sql) => {
      await sql.script('CREATE TABLE aborted (n int)')
      for (const call of [
        (signal: AbortSignal) => sql.query('SELECT pg_sleep(600)', [], signal),
        (signal: AbortSignal) =>
          sql.transaction(async (session) => {
            await session.query('INSERT INTO aborted VALUES (1)')
            await session.query('SELECT pg_sleep(600)')
          }, signal),
      ]) {
        const stop = new AbortController()
        const rejected = failure(call(stop.signal))
        await expect.poll(() => sleeping(sql), PATIENCE).toBe(true)
        const reason = new Error('enough')
        stop.abort(reason)
        expect(await rejected).toBe(reason)
        await sql.query(
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%'",
        )
        await expect.poll(() => sleeping(sql), PATIENCE).toBe(false)
      }
      expect(await sql.query('SELECT * FROM aborted')).toEqual([])
    })
    expect(lines).toEqual([])
  })

  test('a deadlock may be tried again', async () => {
    await using({}, async (sql) => {
      await sql.script('CREATE TABLE locks (id int PRIMARY KEY); INSERT INTO locks VALUES (1), (2)')
      const first = Promise.withResolvers<void>()
      const second = Promise.withResolvers<void>()
      const take = (ids: readonly number[], mine: PromiseWithResolvers<void>, other: Promise<void>) =>
        sql.transaction(async (session) => {
          await session.query('SELECT FROM locks WHERE id = $1 FOR UPDATE', [ids[0]!])
          mine.resolve()
          await other
          await session.query('SELECT FROM locks WHERE id = $1 FOR UPDATE', [ids[1]!])
        })
      const results = await Promise.allSettled([
        take([1, 2], first, second.promise),
        take([2, 1], second, first.promise),
      ])
      const rejected = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as RepError] : [],
      )
      expect(rejected).toEqual([expect.objectContaining({ code: 'REP_STORE_UNAVAILABLE' })])
    })
  })

  test('opened by several at once, the schema and its tables are made once; another’s schema is left alone', async () => {
    const options = { url: server.url, schema: 'of-a-test', mayCreate: true }
    const opened = await Promise.all([1, 2, 3].map(() => openServiceSql(options)))
    const sql = opened[0]!
    expect(await sql.query('SELECT count(*) AS n FROM events')).toEqual([{ n: 0 }])
    expect(await schemaState(sql, 'of-a-test')).toBe('owned')
    await dropSchema(sql, 'of-a-test')
    expect(await schemaState(sql, 'of-a-test')).toBe('missing')
    expect(await failure(openServiceSql({ ...options, mayCreate: false }))).toMatchObject({
      code: 'REP_MISSING',
    })
    await sql.script('CREATE SCHEMA "of-a-test"')
    await dropSchema(sql, 'of-a-test')
    await ensureSchema(sql, 'of-a-test')
    expect(await failure(openServiceSql(options))).toMatchObject({ code: 'REP_FOREIGN' })
    for (const one of opened) await one.close()
  })

  test('on a server of others: nothing without --create, a schema named like the prefix, theirs left alone', async () => {
    const external = (prefix: string) =>
      describeExternal({
        prefix,
        kafka: { brokers: ['kafka:1'], sasl: null, tls: null },
        registry: { url: 'http://registry', tls: null },
        elasticsearch: { nodes: ['http://elasticsearch'], tls: null },
        redis: { place: { kind: 'single', node: 'redis:1' }, database: 0, tls: null },
        postgres: { url: server.url, tls: null },
      })
    const services = ['postgres'] as const
    const stack = external('team-a-')
    expect(await failure(admitExternal(stack, { create: false, services }))).toMatchObject({
      code: 'REP_MISSING',
      details: ['schema team-a'],
    })
    const access = { ...postgresAccess(stack), mayCreate: false }
    expect(await failure(openServiceSql(access))).toMatchObject({ code: 'REP_MISSING' })
    await admitExternal(stack, { create: true, services })
    const sql = await openServiceSql(access)
    await sql.insert({ table: 'post_statistics', columns: { post_id: 'text' }, rows: [['a']] })
    const seen = await tableStatus(stack, AbortSignal.timeout(LIMIT_MS))
    expect(seen.find(({ name }) => name.endsWith('post_statistics'))).toMatchObject({ rows: 1 })
    await resetTables(stack)
    expect(await tableStatus(stack, AbortSignal.timeout(LIMIT_MS))).toEqual([])
    await admitExternal(stack, { create: false, services })
    await sql.script('CREATE SCHEMA "team-b"; CREATE TABLE "team-b".theirs (n int)')
    expect(await failure(admitExternal(external('team-b-'), { create: true, services }))).toMatchObject({
      code: 'REP_FOREIGN',
      details: ['schema team-b'],
    })
    await resetTables(external('team-b-'))
    expect(await sql.query('SELECT count(*) AS n FROM "team-b".theirs')).toEqual([{ n: 0 }])
    await sql.close()
  })

  test('where nothing answers the address is named, without a password', async () => {
    const url = 'postgres://me:s3cret-99@127.0.0.1:1/rep'
    const error = await failure(openServiceSql({ url, schema: 'rep', mayCreate: true }))
    expect(error).toMatchObject({ code: 'REP_ENVIRONMENT', exit: 3 })
    expect(error.message).toContain('127.0.0.1:1/rep')
    expect(error.message).not.toContain('s3cret')
    expect(await failure(openPostgresSql({ url: 'http://x' }))).toMatchObject({ code: 'REP_USAGE' })
  })

  test.skipIf(opensslMissing)(
    'encrypted, with a password: without its authority, TLS or the password nobody gets in',
    { timeout: LIMIT_MS },
    async () => {
      const address = await server.secure()
      await using(address, async (sql) => {
        expect(await sql.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([
          { ssl: true },
        ])
      })
      const { tls: _, ...plain } = address
      for (const [changed, code] of [
        [{ ...address, tls: {} }, 'REP_STORE_UNAVAILABLE'],
        [plain, 'REP_ENVIRONMENT'],
        [{ ...address, password: 'another' }, 'REP_ENVIRONMENT'],
      ] as const) {
        const error = await failure(openPostgresSql(changed))
        expect(error).toMatchObject({ code, exit: 3 })
        expect(error.message).not.toContain(POSTGRES_PASSWORD)
      }
    },
  )
})

async function sleeping(sql: Sql): Promise<boolean> {
  const rows = await sql.query(
    "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'",
  )
  return rows.length > 0
}
