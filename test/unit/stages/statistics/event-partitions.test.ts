import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY_MS, dayOf, partitionName } from '../../../../src/domain/event-partitions.ts'
import type { Sql } from '../../../../src/ports/sql.ts'
import { EventPartitions } from '../../../../src/stages/statistics/event-partitions.ts'
import { openStageLab, type StageLab } from '../stage-lab.ts'

const TODAY = dayOf(Date.UTC(2026, 2, 1))

let lab: StageLab
let sql: Sql
// PostgreSQL takes seconds to start.
beforeAll(async () => {
  lab = await openStageLab()
  sql = await lab.stack.openSql()
})
afterAll(() => lab.close())

async function days(): Promise<string[]> {
  const rows = await sql.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'events'::regclass AND c.relname <> 'events_default' ORDER BY 1`,
  )
  return rows.map(({ name }) => name)
}

test('a day that an event named too early gets its partition, and ends a retention, when it has come', async () => {
  let today = TODAY
  const partitions = await EventPartitions.open(sql, { retentionDays: 2, now: () => today * DAY_MS })
  await partitions.ensure([TODAY])
  expect(await days()).toEqual([0, 1, 2].map((ahead) => partitionName(TODAY + ahead)))
  await partitions.ensure([TODAY + 5])
  expect(await days()).toHaveLength(3)
  today = TODAY + 5
  await partitions.ensure([today])
  expect(await days()).toEqual([0, 1, 2].map((ahead) => partitionName(today + ahead)))
})
