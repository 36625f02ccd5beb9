import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { type EmbedPool, openEmbedPool } from '../../../../src/app/embed/embed-pool.ts'
import { findModel, type ModelFiles } from '../../../../src/drivers/embedder/transformers/model-files.ts'
import { TransformersEmbedder } from '../../../../src/drivers/embedder/transformers/transformers.ts'
import { writeTinyModel } from '../../../fixtures/embedder/tiny-model.ts'

const root = mkdtempSync(join(tmpdir(), 'rep-pool-'))
writeTinyModel(root)
const files: ModelFiles = findModel({ model: 'tiny-bert' }, root)!
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function withMortals<T>(use: (pool: EmbedPool, log: readonly string[]) => Promise<T>): Promise<T> {
  const log: string[] = []
  const pool = await openEmbedPool(files, {
    threads: 2,
    entry: new URL('../../../fixtures/embedder/mortal-worker.ts', import.meta.url),
    log: (line) => log.push(line),
  })
  try {
    return await use(pool, log)
  } finally {
    await pool.close()
  }
}

test('a batch whose thread died is tried once more, and the thread is replaced', () =>
  withMortals(async (pool, log) => {
    const { rows } = await pool.embed(['a', `die once ${join(root, 'died')}`])
    expect(rows).toHaveLength(2 * files.dims)
    expect(log.join('\n')).toContain('its 2 texts go to another')
    expect(
      (await Promise.all([pool.embed(['b']), pool.embed(['c'])])).map(({ rows }) => rows.length),
    ).toEqual([files.dims, files.dims])
  }))

test('a batch that kills two threads is given up, and the next ones are computed', () =>
  withMortals(async (pool) => {
    await expect(pool.embed(['die'])).rejects.toMatchObject({
      code: 'REP_STORE_UNAVAILABLE',
      retryable: true,
    })
    expect((await pool.embed(['a'])).rows).toHaveLength(files.dims)
  }))

test('an error keeps its code and details on the way out of the thread', () =>
  withMortals(async (pool) => {
    await expect(pool.embed(['refuse'])).rejects.toMatchObject({
      ...{ code: 'REP_ENVIRONMENT', message: 'no', details: ['because'] },
    })
  }))

test('closing under load waits for what is computed, and the process lives', async () => {
  const embedder = new TransformersEmbedder(files, await openEmbedPool(files, { threads: 2 }))
  const texts = Array.from({ length: 400 }, (_, i) => `red shoes number ${i}`)
  const outcome = embedder.embed(texts).then(
    () => 'embedded',
    (error: Error) => error.message,
  )
  await expect.poll(() => embedder.stats.running, { interval: 1 }).toBeGreaterThan(0)
  await embedder.close()
  expect(await outcome).toBe('The embedder was closed.')
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a second %s ends a process whose threads compute',
  async (signal) => {
    const script = fileURLToPath(new URL('../../../fixtures/embedder/busy-pool.ts', import.meta.url))
    const child = spawn(process.execPath, [script, root, 'tiny-bert'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    // One signal a line: when the threads compute, and when the first one was taken.
    child.stdout.on('data', (chunk: Buffer) => {
      said.stdout += chunk
      child.kill(signal)
    })
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk))
    const ended = await once(child, 'close')
    expect(said).toEqual({ stdout: 'busy\nfirst\n', stderr: '' })
    // Which a shell calls status 130.
    expect(ended).toEqual([null, 'SIGINT'])
  },
)
