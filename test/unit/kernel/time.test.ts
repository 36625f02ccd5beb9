import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { nowUs } from '../../../src/kernel/time.ts'

test('threads that start together and fight for the CPU agree on the time', async () => {
  const thread = async (): Promise<number> => {
    const worker = new Worker(new URL('../../fixtures/clock-thread.ts', import.meta.url))
    const [offUs] = (await once(worker, 'message')) as [number]
    await worker.terminate()
    return offUs
  }
  const offUs = await Promise.all(Array.from({ length: 8 }, thread))
  for (const off of offUs) expect(Math.abs(off)).toBeLessThan(100)
})

test('time does not run backwards', () => {
  let last = nowUs()
  for (let i = 0; i < 10_000; i++) {
    const now = nowUs()
    expect(now >= last).toBe(true)
    last = now
  }
})
