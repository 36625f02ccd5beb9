/**
 * The embedding pool on a real model: short product names per second in steady state, latency of single names at
 * 50/s and at most of what it sustains, reads from the cache, and what each thread takes of memory.
 * Run: node test/bench/embed.ts [model] [directory of models]
 */

import { renderBenchEmbed } from '../../reports/bench-embed.ts'
import { benchEmbed, benchTexts } from '../../src/app/embed/bench-embed.ts'
import { openModel } from '../../src/app/embed/open-model.ts'
import { Home } from '../../src/app/home.ts'
import { CachedEmbedder } from '../../src/drivers/embedder/cached.ts'
import type { Embedder } from '../../src/ports/embedder.ts'

const [model = 'all-MiniLM-L6-v2', modelPath = '../shared/models'] = process.argv.slice(2)
const SECONDS = 5
const CALLERS = 4
const CALL_TEXTS = 100
/** Share of the steady state's rate at which latency is measured again. */
const SUSTAINED = 0.8

const signal = new AbortController().signal
const wish = { model, modelPath, home: new Home(), log: (line: string) => console.error(line) }

/** Texts per second of callers who each have one call of 100 texts under way all the time. */
async function texts(
  embedder: Embedder,
  textOf: (index: number) => string,
  seconds: number,
): Promise<number> {
  const until = performance.now() + seconds * 1e3
  const begun = performance.now()
  let index = 0
  const call = async (): Promise<void> => {
    while (performance.now() < until)
      await embedder.embed(Array.from({ length: CALL_TEXTS }, () => textOf(index++)))
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  return (index / (performance.now() - begun)) * 1e3
}

const embedder = await openModel(wish)
const cached = new CachedEmbedder(embedder, { keyValue: null })
const textOf = benchTexts(1)
await texts(embedder, textOf, 2)
const perSecond = await texts(embedder, textOf, SECONDS)
console.log(`steady state  ${perSecond.toFixed(0)} names/s in ${embedder.threads} threads`)
await cached.embed(Array.from({ length: 1000 }, (_, i) => textOf(i)))
const reads = await texts(cached, (index) => textOf(index % 1000), SECONDS)
console.log(`cached        ${reads.toFixed(0)} texts/s`)
await cached.close()
for (const rate of [50, Math.floor(perSecond * SUSTAINED)]) {
  console.log()
  const result = await benchEmbed(wish, { rate, durationMs: SECONDS * 1e3, seed: 1, signal })
  console.log(renderBenchEmbed(result, { color: false }))
}
