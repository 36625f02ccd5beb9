import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { compactLake } from '../../src/app/lake/compact-lake.ts'
import { listLake } from '../../src/app/lake/list-lake.ts'
import { queryLake } from '../../src/app/lake/query-lake.ts'
import { prepareReplay } from '../../src/app/prepare-replay.ts'
import { replayWish } from '../../src/app/replay-wish.ts'
import { loadScenario } from '../../src/config/load-scenario.ts'
import { queryFiles } from '../../src/drivers/duckdb/query-files.ts'
import { DirectoryObjectStore } from '../../src/drivers/object-store/directory.ts'
import { S3ObjectStore } from '../../src/drivers/object-store/s3.ts'
import type { ObjectStore } from '../../src/ports/object-store.ts'
import { describeDuckdb } from '../fixtures/duckdb.ts'
import { rowsOfAllFiles } from '../fixtures/lake.ts'
import { describeService } from '../fixtures/native-service.ts'
import { inDirectory } from '../fixtures/replay/rows.ts'
import { makeBucket, s3Access, s3Environment } from '../fixtures/s3.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

// A whole lab of seven threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 600_000 })

const SET = [
  'pipeline.lake.enabled=true',
  'pipeline.lake.rollRows=60',
  'pipeline.lake.rollAge=1s',
  'load.reads.tps=5',
  'load.canaries.tps=5',
  'drain=2m',
  // A busy machine must not make the run invalid: this is about what is stored.
  'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
]

async function fill(where: string) {
  const set = [...SET, `pipeline.lake.where=${where}`]
  return runSmallLab(await loadScenario('baseline', { tps: 300, durationMs: 4000, users: 60, set }, {}))
}

test('after a run the lake has a row of every event in the log, before and after a merge; and it can be replayed', async () => {
  await inDirectory(async (directory) => {
    const place = join(directory, 'lake')
    const { record, logged } = await fill(place)
    expect(record.ledger).toMatchObject({ clean: true, lost: 0, duplicated: 0, unseen: 0 })
    const store = new DirectoryObjectStore(place)
    const ids = [...logged.values()].flat().sort()
    expect(ids.length).toBeGreaterThan(1000)
    expect((await rowsOfAllFiles(store)).map(({ traceId }) => traceId).sort()).toEqual(ids)
    expect(record.conservation.find(({ stage }) => stage === 'lake')).toMatchObject({
      balanced: true,
      in: ids.length,
      out: ids.length,
      inFlight: 0,
    })
    const { files } = await listLake(store)
    expect(await compactLake(store)).toMatchObject({ filesBefore: files, filesAfter: expect.any(Number) })
    expect((await rowsOfAllFiles(store)).map(({ traceId }) => traceId).sort()).toEqual(ids)
    const listing = await listLake(store)
    expect(listing.rows).toBe(ids.length)
    expect(listing.files).toBeLessThan(files)

    const wish = replayWish({ file: `lake://${place}`, header: true, tps: 400 })
    const base = await loadScenario('replay', { tps: 400, seed: 3, set: SET.slice(3) }, {})
    const at = {
      directory: join(directory, 'run'),
      signal: new AbortController().signal,
      log: () => undefined,
    }
    const { scenario, source, dispose } = await prepareReplay(base, wish, at)
    const replay = await runSmallLab(scenario, source)
    await dispose()
    expect(replay.record.manifest.input).toEqual({ file: 'lake', rows: ids.length, rejected: 0 })
    expect(replay.record.ledger).toMatchObject({ clean: true, lost: 0, duplicated: 0, reordered: 0 })
    expect(replay.record.load.sent).toBe(ids.length)
    const byUser = (all: ReadonlyMap<string, readonly string[]>) =>
      [...all].map(([user, events]) => [user, events.length])
    const own = [...replay.logged].filter(([user]) => logged.has(user))
    expect(
      byUser(new Map(own))
        .sort()
        .filter(([user]) => !String(user).startsWith('canary')),
    ).toEqual(
      byUser(logged)
        .sort()
        .filter(([user]) => !String(user).startsWith('canary')),
    )
  })
})

describeDuckdb(() => {
  test('DuckDB counts what the ledger counts, by rep and by a glob', async () => {
    await inDirectory(async (directory) => {
      const place = join(directory, 'lake')
      const { logged } = await fill(place)
      await agrees(new DirectoryObjectStore(place), [...logged.values()].flat().length)
      const count = 'select count(*) as n, count(distinct trace_id) as d from read_parquet'
      const { rows } = await queryFiles([join(place, '**/*.parquet')], `${count}('${place}/**/*.parquet')`)
      expect(rows[0]![0]).toBe(rows[0]![1])
    })
  })
})

describeService(
  'REP_TEST_S3',
  (url) => {
    test('a lake in S3: as many rows as events, before and after a merge', async () => {
      const bucket = `rep-lake-${process.pid}-${Date.now().toString(36)}`
      await makeBucket(url, bucket)
      for (const [name, value] of Object.entries(s3Environment(url))) vi.stubEnv(name, value)
      const { record, logged } = await fill(`s3://${bucket}/a/lake`)
      const events = [...logged.values()].flat().length
      expect(record.ledger.clean).toBe(true)
      const store = new S3ObjectStore(`s3://${bucket}/a/lake`, s3Access(url))
      expect(await rowsOfAllFiles(store)).toHaveLength(events)
      await compactLake(store)
      expect(await rowsOfAllFiles(store)).toHaveLength(events)
      await store.close()
      vi.unstubAllEnvs()
    })
  },
  's3',
)

/** What DuckDB counts of the lake, also after its files were merged. */
async function agrees(store: ObjectStore, events: number): Promise<void> {
  const sql = 'select count(*) as n, count(distinct trace_id) as d, min(hour) >= 0 as hours from events'
  expect((await queryLake(store, { sql })).rows).toEqual([[events, events, true]])
  await compactLake(store)
  expect((await queryLake(store, { sql })).rows).toEqual([[events, events, true]])
  const bad = queryLake(store, { sql: 'select nonsense from events' })
  await expect(bad).rejects.toMatchObject({ code: 'REP_USAGE', message: /nonsense/ })
  await expect(queryLake(store, { sql, since: '2999-01-01' })).rejects.toMatchObject({ code: 'REP_USAGE' })
  await expect(queryLake(store, { sql, until: 'soon' })).rejects.toMatchObject({ code: 'REP_USAGE' })
}
