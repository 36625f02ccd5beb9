import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dayOf } from '../../src/domain/event-partitions.ts'
import { migrate } from '../../src/drivers/sql/migrate.ts'
import type { RepError } from '../../src/errors/rep-error.ts'
import type { Sql, SqlValue } from '../../src/ports/sql.ts'
import { readMigrations } from '../../src/stacks/read-migrations.ts'
import { EventPartitions } from '../../src/stages/statistics/event-partitions.ts'

interface Opened {
  readonly sql: Sql
  close(): Promise<void>
}

const LIMIT_MS = 120_000
const COLUMNS = {
  id: 'text',
  n: 'bigint',
  x: 'double precision',
  at: 'timestamptz',
  more: 'jsonb',
  bytes: 'bytea',
  flag: 'boolean',
}

const COLUMNS_OF_EVENTS = {
  occurred_at: 'timestamptz',
  trace_id: 'uuid',
  user_id: 'text',
  event_type: 'text',
  log_topic: 'text',
  log_partition: 'integer',
  log_offset: 'bigint',
}

/** What every SQL driver does, on an empty database that `open` gives. */
export function describeSql(driver: string, open: () => Promise<Opened>): void {
  describe(`sql: ${driver}`, () => {
    let opened: Opened
    let sql: Sql
    beforeAll(async () => {
      opened = await open()
      sql = opened.sql
      await sql.script(
        `CREATE TABLE things (id text PRIMARY KEY, n bigint, x double precision, at timestamptz, more jsonb, bytes bytea, flag boolean);
         CREATE TABLE counts (id text PRIMARY KEY, n bigint NOT NULL)`,
      )
    }, LIMIT_MS)
    afterAll(() => opened.close(), LIMIT_MS)

    const things = (rows: readonly (readonly SqlValue[])[], onConflict?: string) =>
      sql.insert({
        table: 'things',
        columns: COLUMNS,
        rows,
        ...(onConflict === undefined ? {} : { onConflict }),
      })
    const one = (id: string, n: number | bigint = 0): SqlValue[] => [id, n, null, null, null, null, null]
    const clear = () => sql.script('DELETE FROM things; DELETE FROM counts')
    const count = async () => (await sql.query<{ n: number }>('SELECT count(*) AS n FROM things'))[0]!.n
    const failure = (call: Promise<unknown>) =>
      call.then(
        () => expect.unreachable('it was taken'),
        (error: unknown) => error as RepError,
      )

    test('parameters and columns of every type come back the same', async () => {
      const at = new Date('2026-02-03T04:05:06.789Z')
      const [row] = await sql.query(
        `SELECT $1::text AS t, $2::bigint AS n, $3::double precision AS x, $4::timestamptz AS at, $5::jsonb AS j,
           $6::bytea AS b, $7::boolean AS f, $8::text[] AS a, 1.50::numeric AS d, date '2026-02-03' AS day, NULL AS z,
           ARRAY[1::bigint, NULL] AS ns, 9007199254740993::bigint AS huge`,
        ['ä', 12, 0.1, at, { a: [1, 'x'] }, new Uint8Array([0, 255]), true, ['a', '"', '{,}']],
      )
      expect({ ...row, b: [...(row!.b as Uint8Array)] }).toEqual({
        t: 'ä',
        n: 12,
        x: 0.1,
        at,
        j: { a: [1, 'x'] },
        b: [0, 255],
        f: true,
        a: ['a', '"', '{,}'],
        d: '1.50',
        day: '2026-02-03',
        z: null,
        ns: [1, null],
        huge: '9007199254740993',
      })
    })

    test('a batch comes back as it was, whatever its texts hold; an empty one is nothing', async () => {
      await clear()
      const at = new Date(1_700_000_000_123)
      const rows: SqlValue[][] = [
        ['a"\\{},\n\t\'$1;--', 1, 0.1, at, { 'q"\\': ['ü', null, 1.5] }, new Uint8Array([1, 0, 255]), true],
        ['NULL', 2n ** 52n, -1e-300, null, null, null, false],
        ['', null, Number.NaN, null, 'only a text', null, null],
        ['😀', -5, Number.POSITIVE_INFINITY, null, [1, [2]], new Uint8Array(0), null],
      ]
      expect(await things(rows)).toBe(4)
      expect(await things([])).toBe(0)
      const stored = await sql.query('SELECT * FROM things')
      expect(stored.map(({ id, n, x, at, more, bytes, flag }) => [id, n, x, at, more, bytes, flag])).toEqual(
        rows.map((row) => [
          row[0],
          row[1] === null ? null : Number(row[1]),
          row[2],
          row[3],
          row[4],
          row[5] === null ? null : expect.objectContaining({ length: (row[5] as Uint8Array).length }),
          row[6],
        ]),
      )
      expect([...(stored[0]!.bytes as Uint8Array)]).toEqual([1, 0, 255])
    })

    test('characters that PostgreSQL cannot hold keep no batch out', async () => {
      await clear()
      const bad = 'nul \0, half \ud83d.'
      expect(
        await things([[bad, 1, null, null, { [bad]: [bad, { deep: bad }] }, null, null], one('fine')]),
      ).toBe(2)
      const [row] = await sql.query('SELECT id, more FROM things WHERE n = 1')
      const good = 'nul \ufffd, half \ufffd.'
      expect(row).toEqual({ id: good, more: { [good]: [good, { deep: good }] } })
    })

    test('ON CONFLICT DO NOTHING counts what was new; DO UPDATE adds up; without it a conflict is refused', async () => {
      await clear()
      expect(await things([one('a'), one('b')], 'DO NOTHING')).toBe(2)
      expect(await things([one('b'), one('c')], 'DO NOTHING')).toBe(1)
      expect(await things([one('d'), one('d')], 'DO NOTHING')).toBe(1)
      const add = (n: number) =>
        sql.insert({
          table: 'counts',
          columns: { id: 'text', n: 'bigint' },
          rows: [['k', n]],
          onConflict: '(id) DO UPDATE SET n = counts.n + excluded.n',
        })
      expect([await add(2), await add(40)]).toEqual([1, 1])
      expect(await sql.query('SELECT n FROM counts')).toEqual([{ n: 42 }])
      const error = await failure(things([one('a')]))
      expect(error).toMatchObject({ code: 'REP_INTERNAL', retryable: false })
      expect(error.message).toContain('23505')
    })

    test('a transaction is stored whole when it resolves, and not at all when it rejects', async () => {
      await clear()
      const result = await sql.transaction(async (session) => {
        await session.query('INSERT INTO things (id) VALUES ($1)', ['a'])
        await session.insert({ table: 'things', columns: { id: 'text' }, rows: [['b']] })
        return session.query('SELECT id FROM things ORDER BY id')
      })
      expect(result).toEqual([{ id: 'a' }, { id: 'b' }])
      const own = new Error('changed my mind')
      const call = sql.transaction(async (session) => {
        await session.script('DELETE FROM things')
        throw own
      })
      expect(await failure(call)).toBe(own)
      expect(await count()).toBe(2)
    })

    test('a transaction with a failed statement that was passed over rejects and stores nothing', async () => {
      await clear()
      const call = sql.transaction(async (session) => {
        await session.query("INSERT INTO things (id) VALUES ('a')")
        await session.query('SELECT 1 / 0').catch(() => undefined)
      })
      expect(await failure(call)).toMatchObject({ code: 'REP_INTERNAL' })
      expect(await count()).toBe(0)
      expect(await sql.query('SELECT 1 AS n')).toEqual([{ n: 1 }])
    })

    test('transactions at the same time do not see each other half done', async () => {
      await clear()
      await sql.query("INSERT INTO counts VALUES ('k', 0)")
      await Promise.all(
        Array.from({ length: 20 }, () =>
          sql.transaction(async (session) => {
            const [row] = await session.query<{ n: number }>('SELECT n FROM counts FOR UPDATE')
            await session.query('UPDATE counts SET n = $1', [row!.n + 1])
          }),
        ),
      )
      expect(await sql.query('SELECT n FROM counts')).toEqual([{ n: 20 }])
    })

    test('a fault of a statement is no trouble of the connection', async () => {
      const error = await failure(sql.query('SELECT nonsense'))
      expect(error).toMatchObject({ code: 'REP_INTERNAL', retryable: false })
      expect(error.message).toContain('nonsense')
    })

    test('an aborted signal rejects with its reason, and the next statement goes through', async () => {
      const reason = new Error('enough')
      await expect(sql.query('SELECT 1', [], AbortSignal.abort(reason))).rejects.toBe(reason)
      await expect(sql.transaction(async () => 1, AbortSignal.abort(reason))).rejects.toBe(reason)
      await expect(
        sql.insert({ table: 'things', columns: { id: 'text' }, rows: [['x']] }, AbortSignal.abort(reason)),
      ).rejects.toBe(reason)
      expect(await sql.query('SELECT 1 AS n')).toEqual([{ n: 1 }])
    })

    describe('migrations', () => {
      const step = (name: string, text: string) => ({ name, text })
      const first = step('0001-first', 'CREATE TABLE made (n bigint); INSERT INTO made VALUES (1)')
      const second = step('0002-second', 'UPDATE made SET n = n + 1')
      const drop = () => sql.script('DROP TABLE IF EXISTS made, migrations')

      test('are applied once each, in order, however many start at once', async () => {
        await drop()
        const all = await Promise.all([1, 2, 3].map(() => migrate(sql, [first, second])))
        expect(all.flat().sort()).toEqual(['0001-first', '0002-second'])
        expect(await migrate(sql, [first, second])).toEqual([])
        expect(await sql.query('SELECT n FROM made')).toEqual([{ n: 2 }])
      })

      test('one that fails leaves nothing of itself, and those before it stay', async () => {
        await drop()
        const broken = step('0002-broken', 'UPDATE made SET n = 7; SELECT nonsense')
        await failure(migrate(sql, [first, broken]))
        expect(await sql.query('SELECT n FROM made')).toEqual([{ n: 1 }])
        expect(await migrate(sql, [first, second])).toEqual(['0002-second'])
      })

      test('a changed one, and one that is not ours, are refused by name; line ends do not matter', async () => {
        await drop()
        const text = 'CREATE TABLE made (n bigint);\nINSERT INTO made VALUES (1)'
        await migrate(sql, [step('0001-first', text), second])
        expect(await migrate(sql, [step('0001-first', text.replace('\n', '\r\n')), second])).toEqual([])
        const changed = await failure(migrate(sql, [step('0001-first', `${text};`), second]))
        expect(changed).toMatchObject({ code: 'REP_ENVIRONMENT', exit: 3 })
        expect(changed.details).toEqual([expect.stringContaining('0001-first')])
        const newer = await failure(migrate(sql, [step('0001-first', text)]))
        expect(newer.details).toEqual([expect.stringContaining('0002-second')])
        await drop()
      })

      test(
        'those that come with rep are taken',
        async () => {
          expect(await migrate(sql, readMigrations())).toEqual(readMigrations().map(({ name }) => name))
          const [row] = await sql.query<{ name: string | null }>("SELECT to_regclass('events')::text AS name")
          expect(row!.name).toBe('events')
        },
        LIMIT_MS,
      )

      test('each day of events gets its partition, with what waited for it, and loses it when it is past', {
        timeout: LIMIT_MS,
      }, async () => {
        const now = (date: string) => () => Date.parse(`${date}T12:00:00Z`)
        const day = (date: string) => dayOf(Date.parse(date))
        const put = (...dates: string[]) =>
          sql.insert({
            table: 'events',
            columns: COLUMNS_OF_EVENTS,
            rows: dates.map((date) => [new Date(date), randomUUID(), 'u', 'VIEW', 't', 0, 0]),
          })
        const held = async () => {
          const rows = await sql.query<{ name: string; n: number }>(
            'SELECT tableoid::regclass::text AS name, count(*) AS n FROM events GROUP BY 1 ORDER BY 1',
          )
          return Object.fromEntries(rows.map(({ name, n }) => [name, n]))
        }
        // Both ends of a day, and one from a clock that is wrong.
        const ends = ['2026-03-01T00:00:00.000Z', '2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00.000Z']
        await put(...ends, '2031-01-01')
        expect(await held()).toEqual({ events_default: 4 })
        const options = { retentionDays: 3, now: now('2026-03-02') }
        const partitions = await EventPartitions.open(sql, options)
        expect(await held()).toEqual({ events_20260301: 2, events_20260302: 1, events_default: 1 })
        // Made ahead; another process finds them.
        await put('2026-03-04T01:00:00Z')
        const other = await EventPartitions.open(sql, options)
        await Promise.all(
          [partitions, other].map((one) => one.ensure([day('2026-03-03'), day('2026-02-28')])),
        )
        await put('2026-03-03T01:00:00Z', '2026-02-28T01:00:00Z')
        expect(await held()).toMatchObject({ events_20260303: 1, events_20260304: 1, events_default: 2 })
        const later = await EventPartitions.open(sql, { ...options, now: now('2026-03-05') })
        await later.ensure([day('2026-03-05')])
        expect(await held()).toEqual({ events_20260303: 1, events_20260304: 1, events_default: 1 })
        await sql.script('DELETE FROM events')
      })
    })
  })
}
