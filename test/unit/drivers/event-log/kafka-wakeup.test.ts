import { expect, test } from 'vitest'
import { Wakeup } from '../../../../src/drivers/event-log/kafka-wakeup.ts'

const LONG_MS = 600_000

test('a wait ends when something happens, and when something happened before it', async () => {
  const wakeup = new Wakeup()
  const waiting = wakeup.wait(LONG_MS)
  wakeup.notify()
  await waiting
  wakeup.notify()
  await wakeup.wait(LONG_MS)
  expect(
    await Promise.race([wakeup.wait(1).then(() => 'time'), new Promise((r) => setTimeout(r, 5000))]),
  ).toBe('time')
})

test('a wait ends when its signal is aborted, and leaves no listener', async () => {
  const wakeup = new Wakeup()
  const stop = new AbortController()
  const waiting = wakeup.wait(LONG_MS, stop.signal)
  stop.abort()
  await waiting
  await wakeup.wait(LONG_MS, stop.signal)
})
