import { expect, test } from 'vitest'
import type { AttemptResult, Channel } from '../../../../src/stages/notify/channel.ts'
import { deliver } from '../../../../src/stages/notify/deliver.ts'
import { SimulatedChannel } from '../../../../src/stages/notify/simulated-channel.ts'
import { notification } from './notify-lab.ts'

/** Answers in this order, the last one for ever. */
function scripted(...results: AttemptResult[]): Channel & { readonly attempts: number[] } {
  const attempts: number[] = []
  return {
    attempts,
    async send(_, attempt) {
      attempts.push(attempt)
      return results[Math.min(attempt, results.length) - 1]!
    },
    async close() {
      attempts.length = 0
    },
  }
}

const busy: AttemptResult = { ok: false, permanent: false, reason: 'busy' }
const gone: AttemptResult = { ok: false, permanent: true, reason: 'gone' }
const policy = { attempts: 3, backoffMs: 1 }

test('tries again after transient failures, and says how often it tried', async () => {
  const channel = scripted(busy, busy, { ok: true })
  expect(await deliver(channel, notification(1), policy)).toEqual({
    status: 'delivered',
    attempts: 3,
    reason: 'busy',
  })
  expect(channel.attempts).toEqual([1, 2, 3])
})

test('gives up after the last attempt', async () => {
  const channel = scripted(busy)
  const failed = { status: 'failed', attempts: 3, reason: 'busy' }
  expect(await deliver(channel, notification(1), policy)).toEqual(failed)
  expect(channel.attempts).toEqual([1, 2, 3])
})

test('gives up at once after a permanent failure', async () => {
  const channel = scripted(busy, gone)
  const failed = { status: 'failed', attempts: 2, reason: 'gone' }
  expect(await deliver(channel, notification(1), policy)).toEqual(failed)
})

test('a simulated channel fails about as often as it is told to, the same way every time', async () => {
  const channel = new SimulatedChannel('PUSH', { latencyMs: 0, failureRate: 0.25 })
  const round = () =>
    Promise.all(Array.from({ length: 2000 }, async (_, i) => (await channel.send(notification(i), 1)).ok))
  const first = await round()
  const failures = first.filter((ok) => !ok).length
  // Mean 500, deviation 19.4: six deviations either way.
  expect(failures).toBeGreaterThan(380)
  expect(failures).toBeLessThan(620)
  expect(await round()).toEqual(first)
  const second = await Promise.all(first.map(async (_, i) => (await channel.send(notification(i), 2)).ok))
  expect(second).not.toEqual(first)
})
