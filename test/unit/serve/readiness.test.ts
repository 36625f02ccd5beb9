import { expect, test, vi } from 'vitest'
import { RepError } from '../../../src/errors/rep-error.ts'
import type { KeyValue } from '../../../src/ports/key-value.ts'
import type { VectorIndex } from '../../../src/ports/vector-index.ts'
import { checkReadiness } from '../../../src/serve/readiness.ts'

const stackOf = (getMany: () => Promise<unknown>, count: () => Promise<number>) => ({
  keyValue: { getMany } as unknown as KeyValue,
  vectors: { count } as unknown as VectorIndex,
})

test('names the dependency that fails, with its words, and only that one', async () => {
  const away = new RepError('REP_STORE_UNAVAILABLE', 'Elasticsearch at 127.0.0.1:1 does not answer')
  const readiness = await checkReadiness(
    stackOf(
      async () => [null],
      () => Promise.reject(away),
    ),
  )
  expect(readiness).toEqual({ ready: false, checks: { 'key-value': 'ok', 'vector-index': away.message } })
})

test('a dependency that is silent does not hold the answer up', async () => {
  vi.useFakeTimers()
  try {
    const asked = checkReadiness(
      stackOf(
        () => new Promise(() => undefined),
        async () => 5,
      ),
    )
    await vi.advanceTimersByTimeAsync(2000)
    const { ready, checks } = await asked
    expect(ready).toBe(false)
    expect(checks['key-value']).toMatch(/did not answer within 2 s/)
    expect(checks['vector-index']).toBe('ok')
  } finally {
    vi.useRealTimers()
  }
})
