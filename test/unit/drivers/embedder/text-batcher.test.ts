import { expect, test } from 'vitest'
import type { SentenceVectors } from '../../../../src/drivers/embedder/transformers/sentence-model.ts'
import { TextBatcher } from '../../../../src/drivers/embedder/transformers/text-batcher.ts'

/** One dimension: the length of the text. Batches are computed when `go` is called. */
function slowBatcher(options: { batchTexts?: number; queueTexts?: number; waitMs?: number } = {}) {
  const batches: (readonly string[])[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const run = async (texts: readonly string[]): Promise<SentenceVectors> => {
    batches.push(texts)
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    await gate.promise
    const truncated = texts.flatMap((text, i) => (text.length > 5 ? [i] : []))
    return { rows: Float32Array.from(texts, (text) => text.length), truncated }
  }
  const { batchTexts = 2, queueTexts = 100, waitMs = 0 } = options
  const batcher = new TextBatcher(run, { dims: 1, workers: 1, batchTexts, queueTexts, waitMs })
  const go = async (): Promise<void> => {
    await expect.poll(() => gates.length).toBeGreaterThan(0)
    gates.shift()!.resolve()
  }
  return { batcher, batches, go }
}

test('sorts by length into batches, and gives each caller their rows in order', async () => {
  const { batcher, batches, go } = slowBatcher()
  const first = batcher.submit(['aaaa', 'b', 'ccccccc'])
  const second = batcher.submit(['dd'])
  await go()
  await go()
  await go()
  expect(await first).toEqual({ rows: Float32Array.of(4, 1, 7), truncated: [2] })
  expect(await second).toEqual({ rows: Float32Array.of(2), truncated: [] })
  expect(batches).toEqual([['b', 'aaaa'], ['ccccccc'], ['dd']])
  expect(batcher.stats).toMatchObject({
    queued: 0,
    running: 0,
    batchSizes: new Map([
      [2, 1],
      [1, 2],
    ]),
  })
})

test('texts that come while others are computed share the next batch', async () => {
  const { batcher, batches, go } = slowBatcher({ batchTexts: 4 })
  const all = [batcher.submit(['a'])]
  await expect.poll(() => batches.length).toBe(1)
  all.push(batcher.submit(['b']), batcher.submit(['c']), batcher.submit(['d']))
  await go()
  await go()
  await Promise.all(all)
  expect(batches).toEqual([['a'], ['b', 'c', 'd']])
})

test('a full queue refuses with a retryable error, and takes texts again when it has drained', async () => {
  const { batcher, go } = slowBatcher({ queueTexts: 3 })
  const running = batcher.submit(['a', 'b'])
  const waiting = batcher.submit(['c', 'd', 'e'])
  expect(() => batcher.submit(['f'])).toThrow(
    expect.objectContaining({ code: 'REP_OVERLOADED', retryable: true }),
  )
  for (let i = 0; i < 3; i++) await go()
  await Promise.all([running, waiting])
  const again = batcher.submit(['f'])
  await go()
  expect((await again).rows).toEqual(Float32Array.of(1))
  expect(batcher.stats.refused).toBe(1)
})

test('texts of a caller who left are not computed', async () => {
  const { batcher, batches, go } = slowBatcher()
  const running = batcher.submit(['a', 'b'])
  const caller = new AbortController()
  const left = batcher.submit(['gone', 'gone'], caller.signal)
  const stays = batcher.submit(['c'])
  caller.abort()
  await expect(left).rejects.toThrow()
  await go()
  await go()
  await Promise.all([running, stays])
  expect(batches.flat()).toEqual(['a', 'b', 'c'])
})

test('closing finishes what is computed and gives up what waits', async () => {
  const { batcher, batches, go } = slowBatcher()
  const running = batcher.submit(['a', 'b'])
  const waiting = batcher.submit(['c', 'd'])
  const closed = batcher.close(new Error('closed'))
  await expect(waiting).rejects.toThrow('closed')
  await go()
  await closed
  expect((await running).rows).toEqual(Float32Array.of(1, 1))
  expect(batches).toHaveLength(1)
})

test('long texts go in smaller batches', async () => {
  const { batcher, batches, go } = slowBatcher({ batchTexts: 8 })
  const done = batcher.submit(Array(8).fill('x'.repeat(8000)))
  for (let i = 0; i < 4; i++) await go()
  await done
  expect(batches.map((batch) => batch.length)).toEqual([2, 2, 2, 2])
})

test('an error of a batch reaches each of its callers, and nobody else', async () => {
  let fail = true
  const batcher = new TextBatcher(
    async (texts) => {
      if (!fail) return { rows: new Float32Array(texts.length), truncated: [] }
      fail = false
      throw new Error('no')
    },
    { dims: 1, workers: 1, batchTexts: 2, queueTexts: 10, waitMs: 0 },
  )
  const both = [batcher.submit(['a']), batcher.submit(['b'])]
  for (const one of both) await expect(one).rejects.toThrow('no')
  expect((await batcher.submit(['c'])).rows).toHaveLength(1)
})
