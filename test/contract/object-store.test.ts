import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DirectoryObjectStore } from '../../src/drivers/object-store/directory.ts'
import { describeObjectStore } from './object-store-contract.ts'

describeObjectStore('directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rep-objects-'))
  return {
    store: new DirectoryObjectStore(join(directory, 'made', 'by', 'it')),
    again: async () => new DirectoryObjectStore(join(directory, 'made', 'by', 'it')),
    close: () => rm(directory, { recursive: true, force: true }),
  }
})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rep-objects-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('a directory: what a process left unfinished is not listed, and goes after a day', async () => {
  const unfinished = join(directory, '.unfinished')
  await mkdir(unfinished)
  await writeFile(join(unfinished, 'old'), 'x')
  await writeFile(join(unfinished, 'young'), 'x')
  await utimes(join(unfinished, 'old'), new Date(0), new Date(0))
  const store = new DirectoryObjectStore(directory)
  await store.put('a', Uint8Array.of(1))
  for await (const page of store.list('')) expect(page).toEqual([{ key: 'a', bytes: 1 }])
  expect(await readdir(unfinished)).toEqual(['young'])
})

test('a directory: after a sweep that failed the next write tries again', async () => {
  const unfinished = join(directory, '.unfinished')
  const stubborn = join(unfinished, 'no-file')
  await mkdir(stubborn, { recursive: true })
  await utimes(stubborn, new Date(0), new Date(0))
  const store = new DirectoryObjectStore(directory)
  await expect(store.put('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'REP_STORE_UNAVAILABLE' })
  await rm(stubborn, { recursive: true })
  await store.put('a', Uint8Array.of(1))
  expect(await store.head('a')).toEqual({ key: 'a', bytes: 1 })
  await store.close()
})

test('a directory that cannot be written says so', async () => {
  await writeFile(join(directory, 'file'), 'x')
  const store = new DirectoryObjectStore(join(directory, 'file'))
  await expect(store.put('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'REP_ENVIRONMENT' })
  expect(await store.get('a')).toBeNull()
})
