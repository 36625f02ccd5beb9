import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { fallbackTextsOf } from '../../../../src/app/embed/embedder-address.ts'
import { Teller } from '../../../../src/app/work/teller.ts'
import { tellingObserver } from '../../../../src/app/work/telling-observer.ts'
import { openLedger } from '../../../../src/measure/ledger.ts'
import { newCounters } from '../../../../src/stages/stage.ts'
import { EVENTS, helloTo, openControlLab, openWire, traceId } from '../../../fixtures/control-lab.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function openLab() {
  const lab = await openControlLab()
  closing.push(() => lab.server.close())
  return lab
}

async function openTeller(options: Parameters<typeof Teller.open>[0]): Promise<Teller> {
  const teller = await Teller.open(options)
  closing.push(() => teller.abandon())
  return teller
}

const quiet = (): void => undefined

test('what a worker observes is in the ledger and the figures when its flush resolves', async () => {
  const { server, ledger } = await openLab()
  const teller = await openTeller({ control: server.address, hello: helloTo(server), log: quiet })
  const counters = { ...newCounters(), in: 4, out: 2, duplicates: 1 }
  teller.describe(() => ({
    stages: { behavior: counters },
    assigned: { behavior: 12 },
    usage: null,
    fallbackTexts: 0,
  }))
  const observer = tellingObserver(teller)
  observer.done('index', traceId(0), 1e6)
  observer.done('index', traceId(1), 2e6)
  observer.known('index', traceId(1), 2e6)
  observer.done('preference', traceId(1), 2e6)
  observer.done('notify', 'not of this ledger', 2e6)
  await teller.flush()
  const [account] = openLedger(ledger)
  expect([...account!.effects[0]!.subarray(0, 3)]).toEqual([1, 1, 0])
  expect([...account!.effects[1]!.subarray(0, 3)]).toEqual([0, 1, 0])
  expect(server.assigned('behavior')).toBe(12)
  const [worker] = server.workers
  const { snapshot, stages } = worker!.progress(false)
  expect(stages.behavior).toEqual(counters)
  const counts = [...snapshot!.measures].map(([name, { seconds }]) => [
    name,
    seconds.reduce((sum, second) => sum + second.counts.total, 0),
  ])
  expect(Object.fromEntries(counts)).toEqual({ index: 2, preference: 1, notify: 1 })
})

test('on one host the clocks are one: nothing is added to what a worker measures', async () => {
  const { server } = await openLab()
  const here = await openTeller({ control: server.address, hello: helloTo(server), log: quiet })
  expect(here.clock).toEqual({ shared: true, offsetUs: 0, boundUs: 0 })
  const hello = helloTo(server, { session: 'another', boot: 'another host' })
  const there = await openTeller({ control: server.address, hello, log: quiet })
  const { shared, offsetUs, boundUs } = there.clock
  expect(shared).toBe(false)
  expect(Math.abs(offsetUs)).toBeLessThanOrEqual(boundUs)
})

test('nothing is lost or told twice, wherever the connection breaks', async () => {
  const { server, ledger, lines } = await openLab()
  const wire = await openWire(server.address)
  closing.push(wire.close)
  const teller = await openTeller({ control: wire.address, hello: helloTo(server), log: quiet })
  const observer = tellingObserver(teller)
  let cuts = 0
  for (let sequence = 0; sequence < EVENTS; sequence++) {
    observer.done('index', traceId(sequence), 1e6)
    const told = teller.flush()
    if (sequence % 25 === 7) {
      // Before, while and after the frame and its answer are on their way.
      for (let turns = cuts % 4; turns > 0; turns--) await new Promise(setImmediate)
      wire.cut()
      cuts++
    }
    await told
  }
  expect(cuts).toBe(20)
  expect(new Set(openLedger(ledger)[0]!.effects[0])).toEqual(new Set([1]))
  expect(lines.filter((line) => line.endsWith('is back')).length).toBeGreaterThan(0)
  expect(server.workers).toHaveLength(1)
})

test('a worker is told of the run’s model, and texts that it did not answer are counted once', async () => {
  const { server, embedder } = await openLab()
  const hello = helloTo(server)
  const teller = await openTeller({ control: server.address, hello, log: quiet })
  const { url, capabilities } = embedder
  expect(teller.welcome.embedder).toEqual({ url, capabilities })
  let fallbackTexts = 0
  teller.describe(() => ({ stages: {}, assigned: {}, usage: null, fallbackTexts }))
  for (fallbackTexts of [3, 3, 5]) await teller.flush()
  expect(fallbackTextsOf(embedder)).toBe(5)
})

test('a worker that dies leaves what it told, and what it had in hand counts as never taken', async () => {
  const { server, ledger } = await openLab()
  const teller = await openTeller({ control: server.address, hello: helloTo(server), log: quiet })
  const counters = { ...newCounters(), in: 10, out: 3, duplicates: 1, deadLettered: 1 }
  teller.describe(() => ({ stages: { behavior: counters }, assigned: {}, usage: null, fallbackTexts: 0 }))
  tellingObserver(teller).done('index', traceId(5), 1e6)
  await teller.flush()
  teller.abandon()
  const [worker] = server.workers
  expect(openLedger(ledger)[0]!.effects[0]![5]).toBe(1)
  expect(worker!.progress(true).stages.behavior).toEqual({ ...counters, in: 5 })
  expect(worker!.note).toMatch(/rep work 1 on elsewhere handled behavior 3 records.*was lost before/)
})

test('one that says goodbye is taken at its word', async () => {
  const { server } = await openLab()
  const teller = await openTeller({ control: server.address, hello: helloTo(server), log: quiet })
  const counters = { ...newCounters(), in: 3, out: 3 }
  teller.describe(() => ({ stages: { behavior: counters }, assigned: {}, usage: null, fallbackTexts: 0 }))
  await teller.end()
  expect(server.workers[0]!.left).toBe(true)
  expect(server.workers[0]!.progress(true).stages.behavior).toEqual(counters)
})

test('the end of a run asks workers to settle, and waits until they have left', async () => {
  const { server } = await openLab()
  const teller = await openTeller({ control: server.address, hello: helloTo(server), log: quiet })
  const stopped = server.stop()
  await new Promise((resolve) => teller.stopping.addEventListener('abort', resolve))
  await teller.flush()
  expect(await Promise.race([stopped.then(() => 'stopped'), sleep(50, 'waits')])).toBe('waits')
  await teller.end()
  await stopped
})

test('when the lab is gone nothing more can be told, and so nothing be committed', async () => {
  const { server } = await openLab()
  const hello = helloTo(server)
  const control = server.address
  const teller = await openTeller({ control, hello, log: quiet })
  await server.close()
  closing.shift()
  await expect(teller.flush()).rejects.toMatchObject({ code: 'REP_LOG_FENCED' })
  expect(() => teller.checkLease()).toThrow(/The lab is gone/)
  await expect(Teller.open({ control, hello, log: quiet })).rejects.toMatchObject({
    code: 'REP_LOG_UNAVAILABLE',
  })
}, 30_000)

test.each([
  [{ token: 'of another run' }, /it does not know this run/],
  [{ rep: '0.0.0-other' }, /it is rep 0\.0\.0-other, the lab is/],
])('a lab refuses %j', async (wrong, reason) => {
  const { server } = await openLab()
  const hello = helloTo(server, wrong)
  await expect(Teller.open({ control: server.address, hello, log: quiet })).rejects.toThrow(reason)
})
