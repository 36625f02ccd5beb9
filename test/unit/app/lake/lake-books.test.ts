import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compactLake } from '../../../../src/app/lake/compact-lake.ts'
import { emptyLake } from '../../../../src/app/lake/empty-lake.ts'
import { bookLake } from '../../../../src/app/lake/lake-books.ts'
import { mergeByTime } from '../../../../src/app/lake/merge-by-time.ts'
import { loadScenario } from '../../../../src/config/load-scenario.ts'
import type { LakeValue } from '../../../../src/domain/lake/lake-columns.ts'
import { fileKey } from '../../../../src/domain/lake/lake-layout.ts'
import { USER_ACTION } from '../../../../src/domain/topics.ts'
import { formatTraceId, runTag } from '../../../../src/domain/trace-id.ts'
import { DirectoryObjectStore } from '../../../../src/drivers/object-store/directory.ts'
import { createLedger, openLedger } from '../../../../src/measure/ledger.ts'
import type { ObjectStore } from '../../../../src/ports/object-store.ts'
import { lakeFile } from '../../../fixtures/lake.ts'
import { overlaid } from '../../../fixtures/overlaid.ts'
import { action, openStageLab, type StageLab } from '../../stages/stage-lab.ts'

const HOUR = 'event_date=2026-11-21/hour=09/'
let directory: string
let lab: StageLab
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rep-lake-'))
  lab = await openStageLab()
})
afterEach(async () => {
  await lab.close()
  await rm(directory, { recursive: true, force: true })
})

/** A file of partition 2 that has the actions of these sequence numbers from an offset on. */
function file(sequences: readonly number[], from: number): Uint8Array {
  const tag = runTag(5, 'action')
  const actions = sequences.map((sequence) => {
    return action(0, { traceId: formatTraceId(1_759_276_800_000, tag, sequence) })
  })
  return lakeFile(actions, { partition: 2, offset: from, receivedMs: 1 })
}

/** What the ledger says of the lake after a run of four actions that began at offset 10. */
async function book(store: ObjectStore) {
  const set = ['pipeline.lake.enabled=true', `pipeline.lake.where=${directory}`]
  const scenario = await loadScenario('baseline', { set }, {})
  const ledger = createLedger({ seed: 5, streams: { action: { count: 4, stages: ['index', 'lake'] } } })
  const from = [{ topic: USER_ACTION, partition: 2, offset: 10 }]
  const stack = { ...lab.stack, openObjects: async () => store }
  const notes = await bookLake({ stack, scenario, ledger, from })
  return { effects: [...openLedger(ledger)[0]!.effects[1]!], notes }
}

test('what the lake lacks and what it has twice is in the ledger; rows of before the run are not', async () => {
  const store = new DirectoryObjectStore(directory)
  await store.put(fileKey(HOUR, { partition: 2, from: 8, to: 12 }), file([3, 3, 0, 1], 8))
  await store.put(fileKey(HOUR, { partition: 2, from: 12, to: 13 }), file([1], 12))
  const { effects, notes } = await book(store)
  expect(effects).toEqual([1, 2, 0, 0])
  expect(notes[0]).toMatch(/^Lake: 3 rows in 2 files/)
})

test('rows of files that were merged and are left over count once', async () => {
  const store = new DirectoryObjectStore(directory)
  await store.put(fileKey(HOUR, { partition: 2, from: 10, to: 12 }), file([0, 1], 10))
  await store.put(fileKey(HOUR, { partition: 2, from: 12, to: 14 }), file([2, 3], 12))
  await store.put(fileKey(HOUR, { partition: 2, from: 10, to: 14 }), file([0, 1, 2, 3], 10))
  const { effects, notes } = await book(store)
  expect(effects).toEqual([1, 1, 1, 1])
  expect(notes[0]).toMatch(/^Lake: 4 rows in 1 file /)
})

test('files that are merged after some of them were read count once', async () => {
  const store = new DirectoryObjectStore(directory)
  await store.put(fileKey(HOUR, { partition: 2, from: 10, to: 12 }), file([0, 1], 10))
  await store.put(fileKey(HOUR, { partition: 2, from: 12, to: 13 }), file([1], 12))
  await store.put(fileKey(HOUR, { partition: 2, from: 13, to: 14 }), file([3], 13))
  let reads = 0
  const merging = overlaid(store, {
    get: async (key, range, signal) => {
      if (++reads === 2) await compactLake(store)
      return store.get(key, range, signal)
    },
  })
  const { effects, notes } = await book(merging)
  expect(effects).toEqual([1, 2, 0, 1])
  expect(notes[0]).toMatch(/^Lake: 4 rows in 1 file /)
})

test('only a lake of rep is emptied', async () => {
  const store = new DirectoryObjectStore(directory)
  await emptyLake(store)
  await store.put(fileKey(HOUR, { partition: 2, from: 8, to: 12 }), new Uint8Array(3))
  await emptyLake(store)
  const keys = (await Array.fromAsync(store.list(''))).flat().map(({ key }) => key)
  expect(keys).toEqual(['_lake.json'])
  await store.put('mine.csv', new Uint8Array(3))
  await expect(emptyLake(store)).rejects.toMatchObject({ code: 'REP_FOREIGN', message: /mine\.csv/ })
  const other = new DirectoryObjectStore(join(directory, 'other'))
  await other.put(fileKey(HOUR, { partition: 2, from: 8, to: 12 }), new Uint8Array(3))
  await expect(emptyLake(other)).rejects.toMatchObject({ code: 'REP_FOREIGN' })
  expect(await other.head(fileKey(HOUR, { partition: 2, from: 8, to: 12 }))).not.toBeNull()
})

test('a kill while a lake is emptied leaves it marked, and the next run empties it', async () => {
  const store = new DirectoryObjectStore(directory)
  await emptyLake(store)
  const mark = await store.get('_lake.json')
  for (const from of [0, 4])
    await store.put(fileKey(HOUR, { partition: 2, from, to: from + 4 }), new Uint8Array(3))
  const killed = overlaid(store, {
    delete: async (keys) => {
      await store.delete(keys.slice(0, 1))
      throw new Error('killed')
    },
  })
  await expect(emptyLake(killed)).rejects.toThrow('killed')
  expect(await store.get('_lake.json')).toEqual(mark)
  await emptyLake(store)
  expect((await Array.fromAsync(store.list(''))).flat().map(({ key }) => key)).toEqual(['_lake.json'])
})

test('rows of many files come by time; a file is opened when its time has come', async () => {
  const opened: string[] = []
  const file = (name: string, groups: readonly (readonly (bigint | null)[])[]) => ({
    name,
    least: groups.flat().reduce<bigint>((least, at) => (at !== null && at < least ? at : least), 99n),
    async *groups() {
      opened.push(name)
      for (const times of groups) yield [times] as readonly (readonly LakeValue[])[]
    },
  })
  const files = [file('c', [[50n]]), file('a', [[3n, 1n], [], [7n, 5n]]), file('b', [[4n, 2n, 60n]])]
  const seen: unknown[] = []
  for await (const {
    file: { name },
    columns,
    at,
    row,
  } of mergeByTime(files, 0)) {
    if (columns[0]![at] === 7n) expect(opened).toEqual(['a', 'b'])
    seen.push([name, columns[0]![at], row])
  }
  expect(seen).toEqual([
    ['a', 1n, 2],
    ['b', 2n, 2],
    ['a', 3n, 1],
    ['b', 4n, 1],
    ['a', 5n, 4],
    ['a', 7n, 3],
    ['c', 50n, 1],
    ['b', 60n, 3],
  ])
})
