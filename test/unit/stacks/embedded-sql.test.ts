import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RepError } from '../../../src/errors/rep-error.ts'
import { openEmbeddedStack } from '../../../src/stacks/embedded.ts'
import { openEmbeddedSql } from '../../../src/stacks/embedded-sql.ts'

const LIMIT_MS = 180_000
let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'rep-embedded-sql-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('opened once for a stack, closed with it, kept for the next; who comes second is told who has it', {
  timeout: LIMIT_MS,
}, async () => {
  const first = await openEmbeddedStack({ dataDir, dims: 8 })
  const second = await openEmbeddedStack({ dataDir, dims: 8 })
  const [sql, same] = await Promise.all([first.openSql(), first.openSql()])
  expect(same).toBe(sql)
  expect(sql.capabilities).toEqual({ driver: 'pglite', shared: false })
  await sql.insert({ table: 'post_statistics', columns: { post_id: 'text' }, rows: [['a']] })
  const refused = await second.openSql().then(
    () => expect.unreachable('both have it'),
    (error: unknown) => error as RepError,
  )
  expect(refused).toMatchObject({ code: 'REP_STACK_BUSY', exit: 3 })
  expect(refused.message).toContain(join(dataDir, 'sql'))
  expect(refused.message).toContain('this process')
  await first.close()
  const rows = await (await second.openSql()).query('SELECT post_id FROM post_statistics')
  expect(rows).toEqual([{ post_id: 'a' }])
  await second.close()
})

test('a stack that nobody asks for it makes no directory of it', async () => {
  const stack = await openEmbeddedStack({ dataDir, dims: 8 })
  await stack.close()
  expect(existsSync(join(dataDir, 'sql'))).toBe(false)
})

test('another process is named; when it was killed, all that it had committed is there, in whole transactions', {
  timeout: LIMIT_MS,
}, async () => {
  const directory = join(dataDir, 'sql')
  const writer = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../fixtures/sql-writer.ts'), directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let said = 0
  try {
    for await (const line of createInterface(writer.stdout)) {
      said = Number(line)
      if (said === 300) await expect(openEmbeddedSql(directory)).rejects.toThrow(`process ${writer.pid}`)
      if (said >= 1000) break
    }
  } finally {
    writer.kill('SIGKILL')
    await once(writer, 'exit')
  }
  expect(said).toBeGreaterThanOrEqual(1000)
  const sql = await openEmbeddedSql(directory)
  const [row] = await sql.query<{ n: number; most: number }>(
    'SELECT count(*) AS n, max(n) AS most FROM written',
  )
  expect(row!.n).toBeGreaterThanOrEqual(said)
  expect(row!.n % 100).toBe(0)
  expect(row!.most).toBe(row!.n - 1)
  await sql.close()
})
