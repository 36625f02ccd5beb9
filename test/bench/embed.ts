/**
 * The embedding pool on a real model: short product names per second in steady state, made and real, what that is in arithmetic,
 * latency of single names at 50/s and at most of what it sustains, what each thread takes of memory, and reads from
 * the cache, in process and over HTTP from a service of its own process.
 * Run: node test/bench/embed.ts [model] [directory of models] [cached reads/s over HTTP] [int8 or file]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'
import { renderBenchEmbed } from '../../reports/bench-embed.ts'
import { BenchFigures } from '../../src/app/bench-figures.ts'
import { benchEmbed, benchTexts } from '../../src/app/embed/bench-embed.ts'
import { ARITHMETICS, openModel, resolveModel } from '../../src/app/embed/open-model.ts'
import { Home } from '../../src/app/home.ts'
import { CachedEmbedder } from '../../src/drivers/embedder/cached.ts'
import { type ModelFiles, WEIGHTS } from '../../src/drivers/embedder/transformers/model-files.ts'
import { SentenceModel } from '../../src/drivers/embedder/transformers/sentence-model.ts'
import { runHttpLoad } from '../../src/load/http-load.ts'
import { parseTarget } from '../../src/load/http-target.ts'
import { createSchedule } from '../../src/load/schedule.ts'
import type { Embedder } from '../../src/ports/embedder.ts'

const [model = 'all-MiniLM-L6-v2', modelPath = '../shared/models', httpRate = '20000', arithmetic] =
  process.argv.slice(2)
const REP = new URL('../../bin/rep.js', import.meta.url).pathname
const REAL_NAMES = join(import.meta.dirname, '../../../shared/data/flipkart-names-20000.csv.gz')
const SECONDS = 5
const CALLERS = 4
const CALL_TEXTS = 100
/** Distinct names whose tokens are counted, and which are read from the cache. */
const NAMES = 1000
/** Share of the steady state's rate at which latency is measured again. */
const SUSTAINED = 0.8
const CONNECTIONS = 32
const WARM_UP_MS = 2000

const signal = new AbortController().signal
const wish = {
  model,
  modelPath,
  arithmetic: ARITHMETICS.find((one) => one === arithmetic),
  home: new Home(),
  log: (line: string) => console.error(line),
}
const textOf = benchTexts(1)

/** Texts per second of callers who each have one call of 100 texts under way all the time. */
async function texts(
  embedder: Embedder,
  textAt: (index: number) => string,
  seconds: number,
): Promise<number> {
  const until = performance.now() + seconds * 1e3
  const begun = performance.now()
  let index = 0
  const call = async (): Promise<void> => {
    while (performance.now() < until)
      await embedder.embed(Array.from({ length: CALL_TEXTS }, () => textAt(index++)))
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  return (index / (performance.now() - begun)) * 1e3
}

async function meanTokens(files: ModelFiles): Promise<number> {
  const model = await SentenceModel.load(files)
  try {
    const counts = Array.from({ length: NAMES }, (_, i) => model.tokensOf(textOf(i)))
    return counts.reduce((sum, count) => sum + count, 0) / NAMES
  } finally {
    await model.close()
  }
}

/** Multiplications and additions for a token: of a layer's six matrices; attention adds little to short texts. */
function flopPerToken({ directory }: ModelFiles): number {
  const {
    num_hidden_layers: layers,
    hidden_size: hidden,
    intermediate_size: wide,
  } = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as Record<
    'num_hidden_layers' | 'hidden_size' | 'intermediate_size',
    number
  >
  return 2 * layers * (4 * hidden * hidden + 2 * hidden * wide)
}

/** In what the graph multiplies: int8 weights alone say nothing, where they are cast before. */
function precisionOf({ directory, dtype, arithmetic }: ModelFiles): string {
  if (arithmetic === 'int8') return 'int8, attention’s values in float32'
  const graph = readFileSync(join(directory, 'onnx', WEIGHTS[dtype]))
  if (graph.includes('MatMulInteger') || graph.includes('QLinearMatMul')) return 'int8'
  if (graph.includes('MatMulNBits')) return 'float32 with weights in blocks'
  return dtype === 'fp16' ? 'float16' : 'float32'
}

/** Real names, which differ in length more than generated ones; none where the file is absent. */
function realNames(): string[] {
  if (!existsSync(REAL_NAMES)) return []
  const [, ...lines] = gunzipSync(readFileSync(REAL_NAMES)).toString().split('\n')
  // Two prices follow the name.
  return [...new Set(lines.map((line) => line.replace(/,[^,]*,[^,]*$/, '').replaceAll('"', '')))].filter(
    Boolean,
  )
}

/** Reads one cached text from a service at a fixed rate: what comes late for it waits, and shows in the latency. */
async function cachedOverHttp(perSecond: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rep-bench-embed-'))
  const args = ['serve', 'embed', '--port', '0', '--no-cache', '--data-dir', dataDir]
  const service = spawn(process.execPath, [REP, ...args, '--model', model, '--model-path', modelPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(createInterface(service.stdout), 'line')) as [string]
    const body = JSON.stringify({ text: textOf(0), encoding: 'base64' })
    const phases = [{ shape: 'constant', durationMs: SECONDS * 1e3, rate: 1 }] as const
    const load = { tps: perSecond, arrival: { process: 'poisson' }, phases } as const
    const figures = new BenchFigures(WARM_UP_MS)
    const begun = performance.now()
    const run = await runHttpLoad({
      target: parseTarget(/http:\S+/.exec(line)![0]),
      pathOf: () => '/embed',
      bodyOf: () => body,
      schedule: createSchedule(load, { seed: 1, warmupMs: WARM_UP_MS, stream: 'bench/embed' }),
      ...{ connections: CONNECTIONS, timeoutMs: 10_000, drainMs: 10_000, signal, observer: figures },
    })
    const measuredMs = performance.now() - begun - WARM_UP_MS
    const { completed, dueToDone, scheduleLag, failedTotal } = figures.result(run, Number.POSITIVE_INFINITY)
    const answered = (completed / measuredMs) * 1e3
    console.log(
      `cached, HTTP  ${answered.toFixed(0)} texts/s of ${perSecond}/s, ${failedTotal} failed; from due to done p50 ` +
        `${dueToDone.p50Ms} ms, p99 ${dueToDone.p99Ms} ms; schedule lag p99 ${scheduleLag.p99Ms} ms`,
    )
  } finally {
    service.kill('SIGINT')
    await once(service, 'exit')
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const files = await resolveModel(wish)
const tokens = await meanTokens(files)
const gigaflop = (flopPerToken(files) * tokens) / 1e9
const embedder = await openModel(wish)
const cached = new CachedEmbedder(embedder, { keyValue: null })
await texts(embedder, textOf, 2)
const perSecond = await texts(embedder, textOf, SECONDS)
console.log(`steady state  ${perSecond.toFixed(0)} names/s in ${embedder.threads} threads`)
const real = realNames()
if (real.length > 0) {
  const rate = await texts(embedder, (index) => real[index % real.length]!, SECONDS)
  console.log(`              ${rate.toFixed(0)} names/s of Flipkart's ${real.length}`)
}
console.log(
  `arithmetic    ${tokens.toFixed(1)} tokens a name, ${gigaflop.toFixed(2)} GFLOP: ` +
    `${((perSecond * gigaflop) / embedder.threads).toFixed(0)} GFLOP/s a thread in ${precisionOf(files)}`,
)
await cached.embed(Array.from({ length: NAMES }, (_, i) => textOf(i)))
const reads = await texts(cached, (index) => textOf(index % NAMES), SECONDS)
console.log(`cached        ${reads.toFixed(0)} texts/s in process`)
await cached.close()
await cachedOverHttp(Number(httpRate))
for (const rate of [50, Math.floor(perSecond * SUSTAINED)]) {
  console.log()
  const result = await benchEmbed(wish, { rate, durationMs: SECONDS * 1e3, seed: 1, signal })
  console.log(renderBenchEmbed(result, { color: false }))
}
