import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'rep-rules-'))
  file('package.json', '{"type":"module","dependencies":{"lmdb":"1"}}')
  file('node_modules/lmdb/package.json', '{"name":"lmdb","exports":{"import":"./index.mjs"}}')
  file('node_modules/lmdb/index.mjs', 'export const open = 1\n')
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

function file(path: string, text = 'export const x = 1\nexport type T = number\n'): void {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), text)
}

/** The violated rules, as `rule: from -> to`. */
async function violations(): Promise<string[]> {
  const cli = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = [cli, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src']
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(process.execPath, args, { cwd: project, maxBuffer: 1 << 24 }, (error, stdout) => {
    if (stdout === '') reject(error)
    else resolve(stdout)
  })
  const { summary } = JSON.parse(await promise) as {
    summary: {
      violations: { rule: { name: string }; from: string; to: string }[]
      environmentIssues?: unknown[]
    }
  }
  expect(summary.environmentIssues ?? []).toEqual([])
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort()
}

test('allowed imports pass', async () => {
  file('src/ports/event-log.ts')
  file('src/stages/stage.ts')
  file(
    'src/stages/a/a.ts',
    "import { x } from '../stage.ts'\nimport type { T } from '../../ports/event-log.ts'\n",
  )
  file(
    'src/drivers/event-log/lmdb.ts',
    "import { open } from 'lmdb'\nimport { readFileSync } from 'node:fs'\n",
  )
  expect(await violations()).toEqual([])
})

test('a folder, a part, a package, a thread, a cycle and a missing file are each found, type imports too', async () => {
  file('src/drivers/event-log/lmdb.ts')
  file('src/stages/b/b.ts')
  file('src/stages/a/a.ts', "import type { T } from '../b/b.ts'\n")
  file('src/stages/a/driver.ts', "import type { T } from '../../drivers/event-log/lmdb.ts'\n")
  file('src/load/store.ts', "import { open } from 'lmdb'\n")
  file('src/load/thread.ts', "import { Worker } from 'node:worker_threads'\n")
  file('src/load/one.ts', "import './two.ts'\n")
  file('src/load/two.ts', "import './one.ts'\nimport './gone.ts'\nexport { y } from 'nowhere'\n")
  file('src/extra/file.ts', "import '../load/one.ts'\n")
  expect((await violations()).map((line) => line.replace(/^lmdb, [^:]*: /, 'package: '))).toEqual([
    'every folder has a row: src/extra/file.ts -> src/load/one.ts',
    'every import resolves: src/load/two.ts -> ./gone.ts',
    'every import resolves: src/load/two.ts -> nowhere',
    'package: src/load/store.ts -> node_modules/lmdb/index.mjs',
    'no cycles: src/load/one.ts -> src/load/two.ts',
    'parts of src/stages/ stay apart: src/stages/a/a.ts -> src/stages/b/b.ts',
    'src/stages/ imports only what its row allows: src/stages/a/driver.ts -> src/drivers/event-log/lmdb.ts',
    'threads start only in src/app/: src/load/thread.ts -> worker_threads',
  ])
})
