import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withStatistics } from '../../../src/app/with-statistics.ts'
import { RepError } from '../../../src/errors/rep-error.ts'
import type { Stack } from '../../../src/ports/stack.ts'
import { openStageLab, pipelineSettings, type StageLab } from '../stages/stage-lab.ts'

let lab: StageLab
const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeEach(async () => {
  lab = await openStageLab()
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  process.off('unhandledRejection', note)
  await lab.close()
})

test('a stage that fails ends the signal, and is thrown when what uses it has closed', async () => {
  const log: Stack['log'] = new Proxy(lab.stack.log, {
    get: (target, name) => {
      if (name === 'consume') return () => Promise.reject(new RepError('REP_USAGE', 'no consumer for you'))
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const pipeline = pipelineSettings()
  const settings = { ...pipeline, statistics: { ...pipeline.statistics, enabled: true } }
  const place = { stack: { ...lab.stack, log }, settings, signal: new AbortController().signal }
  let closed = false
  const running = withStatistics({ ...place, log: lab.context.log }, async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    // A server takes some turns of the event loop to close.
    await sleep(20)
    closed = true
  })
  await expect(running).rejects.toThrow('no consumer for you')
  expect(closed).toBe(true)
  expect(unhandled).toEqual([])
})
