import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openBinaryKeyed } from '../../src/drivers/lmdb-keys.ts'
import { LmdbRoot } from '../../src/drivers/lmdb-root.ts'

const OPENER = fileURLToPath(new URL('../fixtures/lmdb-opener.ts', import.meta.url))

test('no commit is undone by a process that opens the environment meanwhile', async () => {
  const path = await mkdtemp(join(tmpdir(), 'rep-lmdb-root-'))
  const root = new LmdbRoot(path)
  const values = openBinaryKeyed(root, 'values')
  const key = Buffer.from('count')
  const openers = [1, 2].map(() => spawn(process.execPath, [OPENER, path, '100'], { stdio: 'inherit' }))
  const exits = Promise.all(openers.map((opener) => once(opener, 'exit')))
  try {
    for (
      let count = 0;
      openers.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    ) {
      for (let i = 0; i < 100; i++, count++) {
        root.transact(() => {
          const stored = values.getBinary(key)?.readDoubleLE(0) ?? 0
          expect(stored).toBe(count)
          const next = Buffer.alloc(8)
          next.writeDoubleLE(stored + 1)
          values.putSync(key, next)
        })
      }
      await turn()
    }
    expect(await exits).toEqual([
      [0, null],
      [0, null],
    ])
  } finally {
    for (const opener of openers) opener.kill('SIGKILL')
    await exits
    await root.close()
    await rm(path, { recursive: true })
  }
})
