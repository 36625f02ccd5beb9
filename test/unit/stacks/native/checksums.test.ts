import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RepError } from '../../../../src/errors/rep-error.ts'
import { checksumsOf, verifyChecksums } from '../../../../src/stacks/native/checksums.ts'

// SHA-256 of "abc", FIPS 180-4.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
let root: string
let files: string
let list: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-sums-'))
  files = join(root, 'files')
  list = join(root, 'list')
  mkdirSync(join(files, 'sub'), { recursive: true })
  writeFileSync(join(files, 'sub/abc.jar'), 'abc')
})
afterEach(() => rmSync(root, { recursive: true }))

test('files are summed by their path below the directory', async () => {
  expect([...(await checksumsOf(files))]).toEqual([['sub/abc.jar', ABC]])
  writeFileSync(list, `${ABC}  sub/abc.jar\n`)
  await verifyChecksums(files, list)
})

test('a changed, a missing and an additional file are each named', async () => {
  writeFileSync(list, `${ABC.replace('b', 'c')}  sub/abc.jar\n${ABC}  gone.jar\n`)
  writeFileSync(join(files, 'new.jar'), '')
  const error = (await verifyChecksums(files, list).catch((e: unknown) => e)) as RepError
  expect(error.code).toBe('REP_ENVIRONMENT')
  expect(error.details).toEqual([
    'gone.jar: missing',
    'new.jar: not in the list',
    'sub/abc.jar: has another SHA-256',
  ])
})
