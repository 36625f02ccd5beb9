import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeTinyModel } from '../fixtures/embedder/tiny-model.ts'
import { rep } from '../fixtures/rep-cli.ts'

const TINY = ['--model', 'tiny-bert', '--model-path', 'models']

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rep-embedding-'))
  writeTinyModel(join(cwd, 'models'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

test('rep embed prints vectors or similarities; a model that is not there is exit status 3', async () => {
  const args = ['embed', 'red shoes', 'red boots', '--similarity', '--json', ...TINY]
  const { status, stdout, stderr } = await rep(args, { cwd })
  expect(status, stderr).toBe(0)
  const { dims, similarity, texts } = JSON.parse(stdout) as {
    dims: number
    similarity: number[][]
    texts: { vector: number[] }[]
  }
  expect([dims, texts.map(({ vector }) => vector.length)]).toEqual([32, [32, 32]])
  expect(similarity[0]![0]).toBeCloseTo(1, 4)
  expect(similarity[0]![1]).toBeLessThan(0.999)
  const missing = await rep(['embed', 'red shoes', '--model', 'none', '--model-path', 'models'], { cwd })
  expect(missing.status).toBe(3)
  expect(missing.stderr).toContain('onnx/model_quantized.onnx  (missing)')
  expect(missing.stderr).toContain('Models that are there: --model tiny-bert.')
  const empty = await rep(['embed', 'red shoes', ' ', ...TINY], { cwd })
  expect([empty.status, empty.stderr]).toEqual([2, expect.stringContaining('Text 2 of 2 is empty.')])
})

test('rep simulate --embedder transformers runs on the model’s vectors and dimensions', async () => {
  const small = ['--set', 'catalogue.products=50', '--users', '200', '--set', 'warmup=500ms']
  const args = [
    'simulate',
    '--tps',
    '100',
    '--duration',
    '2s',
    ...small,
    '--embedder',
    'transformers',
    ...TINY,
  ]
  const { status, stdout, stderr } = await rep([...args, '--json'], { cwd })
  expect([0, 6, 99], stderr).toContain(status)
  const record = JSON.parse(stdout) as {
    notes: string[]
    ledger: { clean: boolean }
    manifest: { versions: Record<string, string>; scenario: { pipeline: { embedder: { dims: number } } } }
  }
  expect(record.ledger.clean).toBe(true)
  expect(record.manifest.versions.embedder).toBe('tiny-bert (q8, int8 products)')
  expect(record.manifest.scenario.pipeline.embedder.dims).toBe(32)
  expect(record.notes.join('\n')).toContain('tiny-bert (q8, int8 products)')
  expect(record.notes.join('\n')).not.toContain('did not answer')
})

test('rep seed goes on where it was interrupted, and refuses other vectors with both numbers', async () => {
  const rows = Array.from({ length: 700 }, (_, i) => `p${i},red shoes ${i},shoes,9.99`)
  await writeFile(join(cwd, 'products.csv'), ['id,name,category,price', ...rows].join('\n'))
  const seed = ['seed', 'products.csv', '--embedder', 'transformers', ...TINY]
  let interrupted = false
  const first = await rep(seed, {
    cwd,
    onOutput: (text, child) => {
      // Once: a second signal ends rep at once.
      if (!interrupted && /200 of 700/.test(text)) interrupted = child.kill('SIGINT')
    },
  })
  expect(first.status, first.stderr).toBe(130)
  const again = await rep([...seed, '--json'], { cwd })
  expect(again.status, again.stderr).toBe(0)
  const { resumedFrom, products, dims } = JSON.parse(again.stdout) as Record<string, number>
  expect({ products, dims }).toEqual({ products: 700, dims: 32 })
  expect(resumedFrom).toBeGreaterThanOrEqual(200)
  // The same weights multiplied otherwise give other vectors.
  const asFiled = await rep([...seed, '--arithmetic', 'file'], { cwd })
  expect(asFiled.status).toBe(2)
  expect(asFiled.stderr).toContain('tiny-bert (q8, int8 products)')
  const other = await rep(['seed', 'products.csv'], { cwd })
  expect(other.status).toBe(3)
  for (const dims of ['32', '384']) expect(other.stderr).toContain(dims)
  expect((await rep(['seed', 'products.csv', '--empty'], { cwd })).status).toBe(0)
})

test('a model is fetched from the hub, and then is there', async () => {
  const asked: string[] = []
  const hub = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    asked.push(path)
    const file = join(cwd, 'models', path.replace('/tiny-bert/resolve/main/', 'tiny-bert/'))
    if (existsSync(file)) createReadStream(file).pipe(response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
  try {
    process.env.HF_ENDPOINT = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`
    const embed = ['embed', 'red shoes', '--model', 'tiny-bert']
    const fetched = await rep(embed, { cwd })
    expect(fetched.status, fetched.stderr).toBe(0)
    expect(existsSync(join(cwd, '.rep/models/tiny-bert/onnx/model_quantized.onnx'))).toBe(true)
    const requests = asked.length
    expect((await rep(embed, { cwd })).status).toBe(0)
    expect(asked.length).toBe(requests)
  } finally {
    delete process.env.HF_ENDPOINT
    hub.close()
  }
})
