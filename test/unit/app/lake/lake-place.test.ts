import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Home } from '../../../../src/app/home.ts'
import { withLabStack } from '../../../../src/app/lab-stack.ts'
import { prepareLake } from '../../../../src/app/lake/empty-lake.ts'
import { requireOtherLake, withLakePlace } from '../../../../src/app/lake/lake-place.ts'
import { lakePlace } from '../../../../src/app/lake/with-lake.ts'
import { loadScenario } from '../../../../src/config/load-scenario.ts'
import { DirectoryObjectStore } from '../../../../src/drivers/object-store/directory.ts'
import { openObjectStore } from '../../../../src/drivers/object-store/open-object-store.ts'

const FILE = 'event_date=2026-11-21/hour=09/p02-0000000000000008-0000000000000012.parquet'
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rep-lake-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function scenarioWith(...set: readonly string[]) {
  return loadScenario('baseline', { set: [...set] }, {})
}

test('the embedded stack goes with the next run, its lake only with the next that has a lake', async () => {
  const home = new Home(directory)
  const stack = { home, name: 'embedded', kafkaClient: 'platformatic' } as const
  const store = new DirectoryObjectStore(lakePlace({ home, stack: 'embedded' }))
  await mkdir(home.embedded)
  const run = async (...set: readonly string[]) => {
    const scenario = withLakePlace(await scenarioWith(...set), home, 'embedded')
    await withLabStack(stack, { scenario }, () => prepareLake({ openObjects: openObjectStore }, scenario))
  }
  await run('pipeline.lake.enabled=true')
  await store.put(FILE, new Uint8Array(3))
  await run('pipeline.lake.enabled=false')
  expect(await store.head(FILE)).not.toBeNull()
  await run('pipeline.lake.enabled=true')
  expect((await Array.fromAsync(store.list(''))).flat().map(({ key }) => key)).toEqual(['_lake.json'])
})

test('a run does not replay the lake that it would empty, however it is written', async () => {
  await mkdir(join(directory, 'lake'))
  await symlink(join(directory, 'lake'), join(directory, 'link'))
  const refused = async (where: string, replayed: string): Promise<boolean> => {
    const scenario = await scenarioWith('pipeline.lake.enabled=true', `pipeline.lake.where=${where}`)
    try {
      requireOtherLake(scenario, replayed)
      return false
    } catch (error) {
      expect(error).toMatchObject({ code: 'REP_USAGE' })
      for (const place of [where, replayed]) expect((error as Error).message).toContain(place)
      return true
    }
  }
  const lake = join(directory, 'lake')
  expect(await refused(lake, lake)).toBe(true)
  expect(await refused(lake, join(directory, 'link'))).toBe(true)
  expect(await refused(join(directory, 'link', 'new'), join(lake, 'new'))).toBe(true)
  expect(await refused('s3://bucket/a/lake/', 's3://bucket/a/lake')).toBe(true)
  expect(await refused(lake, join(directory, 'other'))).toBe(false)
  expect(await refused('s3://bucket/a/lake', 's3://bucket/a/lake2')).toBe(false)
  const without = await scenarioWith('pipeline.lake.enabled=false', `pipeline.lake.where=${lake}`)
  expect(() => requireOtherLake(without, lake)).not.toThrow()
})
