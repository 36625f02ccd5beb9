import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closedDirectory, giveTo, postgresUser } from '../../../../src/stacks/native/service-user.ts'

const STRANGER = 59_090
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-user-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('the highest closed directory on the way is named', () => {
  const deep = join(root, 'a/b/c')
  mkdirSync(join(root, 'a/b'), { recursive: true })
  chmodSync(root, 0o755)
  expect(closedDirectory(deep, STRANGER)).toBeNull()
  chmodSync(join(root, 'a/b'), 0o700)
  expect(closedDirectory(deep, STRANGER)).toBe(join(root, 'a/b'))
  chmodSync(join(root, 'a'), 0o750)
  expect(closedDirectory(deep, STRANGER)).toBe(join(root, 'a'))
})

test('a directory is open to its owner', () => {
  chmodSync(root, 0o700)
  expect(closedDirectory(root, process.getuid?.() ?? 0)).toBeNull()
})

test.runIf(process.getuid?.() === 0)('what is given away is so to the last file', () => {
  mkdirSync(join(root, 'a'))
  writeFileSync(join(root, 'a/file'), '')
  giveTo(root, STRANGER)
  for (const path of [root, join(root, 'a'), join(root, 'a/file')]) expect(statSync(path).uid).toBe(STRANGER)
})

test.runIf(process.getuid?.() === 0)('PostgreSQL runs as its own user, else as nobody, never as root', () => {
  const accounts = join(root, 'passwd')
  const write = (...lines: string[]) =>
    writeFileSync(accounts, `root:x:0:0::/root:/bin/sh\n${lines.join('\n')}\n`)
  const nobody = 'nobody:x:65534:65533::/nonexistent:/bin/false'
  write(nobody, 'postgres:x:101:104::/var/lib/postgresql:/bin/bash', 'postgres2:x:1:1::/:/')
  expect(postgresUser(accounts)).toEqual({ uid: 101, gid: 104 })
  write(nobody)
  expect(postgresUser(accounts)).toEqual({ uid: 65_534, gid: 65_533 })
  write('postgres:x:0:0::/root:/bin/sh')
  expect(() => postgresUser(accounts)).toThrow(/neither a user postgres nor nobody/)
})
