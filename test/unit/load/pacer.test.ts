import { describe, expect, test } from 'vitest'
import { nowUs } from '../../../src/kernel/time.ts'
import { Pacer } from '../../../src/load/pacer.ts'

const never = new AbortController().signal
const idle = () => false
const busy = () => true

describe.each([
  ['idle', idle, {}],
  ['waiting for an append', busy, {}],
  ['shared', idle, { shared: true }],
] as const)('a thread that is %s', (_name, pending, options) => {
  test('is never woken before the time, and at least a tick after the last time', async () => {
    const pacer = new Pacer({ ...options, tickUs: 1_000 })
    let lastUs = 0
    for (const aheadUs of [0, 300, 900, 2_500, 6_000, 15_000]) {
      const timeUs = nowUs() + aheadUs
      await pacer.until(timeUs, pending, never)
      const wokeUs = nowUs()
      expect(wokeUs).toBeGreaterThanOrEqual(Math.max(timeUs, lastUs + 1_000))
      lastUs = timeUs
    }
  })

  test('gives its event loop turns while it waits', async () => {
    const pacer = new Pacer(options)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    for (let i = 0; i < 100; i++) await pacer.until(nowUs() + 500, pending, never)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })
})

test('an abort ends the wait', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 5)
  const hourAwayUs = nowUs() + 3_600e6
  await new Pacer().until(hourAwayUs, idle, controller.signal)
  expect(nowUs()).toBeLessThan(hourAwayUs)
  await new Pacer().until(hourAwayUs, idle, controller.signal)
})
