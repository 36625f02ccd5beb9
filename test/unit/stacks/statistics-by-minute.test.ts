import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../../src/drivers/sql/migrate.ts'
import { openPgliteSql } from '../../../src/drivers/sql/pglite.ts'
import { readMigrations } from '../../../src/stacks/read-migrations.ts'
import { countedEvents } from '../../../src/stages/statistics/counted-events.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-migration-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const COLUMNS = {
  minute: 'timestamptz',
  event_type: 'text',
  subject_kind: 'text',
  subject_id: 'text',
  events: 'bigint',
}
const NOON = '2026-03-01T12:00:00.000Z'
const LATER = '2026-03-01T12:01:00.000Z'

test('counts of all events that are there already move to the table of minutes, those of subjects stay', {
  timeout: 180_000,
}, async () => {
  const sql = await openPgliteSql(directory)
  const all = readMigrations()
  const first = all.findIndex(({ name }) => name.startsWith('0002-'))
  await migrate(sql, all.slice(0, first))
  const subjects = [
    [NOON, 'VIEW', 'post', 'all', 4],
    [NOON, 'VIEW', 'product', '', 2],
    [LATER, 'SEARCH', 'query', 'tea', 3],
  ]
  await sql.insert({
    table: 'event_statistics',
    columns: COLUMNS,
    rows: [...subjects, [LATER, 'SEARCH', 'all', '', 3], [NOON, 'VIEW', 'all', '', 7]],
  })
  await migrate(sql, all)
  expect(await sql.query('SELECT * FROM event_statistics_by_minute ORDER BY minute')).toEqual([
    { minute: new Date(NOON), event_type: 'VIEW', events: 7 },
    { minute: new Date(LATER), event_type: 'SEARCH', events: 3 },
  ])
  const left = await sql.query(
    'SELECT minute, event_type, subject_kind, subject_id, events FROM event_statistics ORDER BY subject_kind',
  )
  expect(left.map((row) => Object.values(row))).toEqual(
    subjects.map(([minute, ...rest]) => [new Date(String(minute)), ...rest]),
  )
  expect((await countedEvents(sql)).counted).toBe(10)
  // What an older rep would still write.
  const old = sql.insert({
    table: 'event_statistics',
    columns: COLUMNS,
    rows: [[NOON, 'VIEW', 'all', '', 1]],
  })
  await expect(old).rejects.toMatchObject({ code: 'REP_INTERNAL' })
  await sql.close()
})
