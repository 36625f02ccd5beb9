import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compactLake } from '../../../../src/app/lake/compact-lake.ts'
import { emptyLake } from '../../../../src/app/lake/empty-lake.ts'
import { queryLake } from '../../../../src/app/lake/query-lake.ts'
import { fileKey } from '../../../../src/domain/lake/lake-layout.ts'
import { DirectoryObjectStore } from '../../../../src/drivers/object-store/directory.ts'
import { describeDuckdb } from '../../../fixtures/duckdb.ts'
import { lakeFile } from '../../../fixtures/lake.ts'
import { overlaid } from '../../../fixtures/overlaid.ts'
import { action } from '../../stages/stage-lab.ts'

const HOUR = 'event_date=2026-11-21/hour=09/'
const sql = 'select count(*) as n from events'
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rep-lake-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('a lake without events says so, and speaks of hours only where some were given', async () => {
  const store = new DirectoryObjectStore(directory)
  await emptyLake(store)
  await expect(queryLake(store, { sql })).rejects.toMatchObject({
    code: 'REP_USAGE',
    message: expect.stringMatching(/has no events\.$/),
  })
  await expect(queryLake(store, { sql, since: '2026-11-21' })).rejects.toMatchObject({
    code: 'REP_USAGE',
    message: expect.stringMatching(/has no events in these hours\.$/),
  })
})

describeDuckdb(() => {
  test('files of a directory that are merged after they were listed are listed again', async () => {
    const store = new DirectoryObjectStore(directory)
    for (const from of [0, 1]) {
      const file = lakeFile([action(from)], { partition: 2, offset: from, receivedMs: 1 })
      await store.put(fileKey(HOUR, { partition: 2, from, to: from + 1 }), file)
    }
    let listings = 0
    const merging = overlaid(store, {
      async *list(prefix, options) {
        const pages = await Array.fromAsync(store.list(prefix, options))
        if (++listings === 1) await compactLake(store)
        yield* pages
      },
    })
    expect((await queryLake(merging, { sql })).rows).toEqual([[2]])
    expect(listings).toBe(2)
    const typo = queryLake(merging, { sql: 'select nonsense from events' })
    await expect(typo).rejects.toMatchObject({ code: 'REP_USAGE', message: /nonsense/ })
    expect(listings).toBe(3)
  })
})
