/**
 * The collector on the embedded stack, as a process of its own, driven open-loop by the HTTP load that `rep bench`
 * drives with: single posts at one rate, then batches of 100 at another. Latency counts from when each request was
 * due; from when it was sent stands beside it, and the driver's own lateness. In the end the log must hold every event
 * that was accepted. Usage: node test/bench/collector.ts [seconds] [single posts/s] [events/s in batches]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BenchFigures } from '../../src/app/bench-figures.ts'
import { Home } from '../../src/app/home.ts'
import { withLog } from '../../src/app/left-stack.ts'
import { USER_ACTION } from '../../src/domain/topics.ts'
import { runHttpLoad } from '../../src/load/http-load.ts'
import { parseTarget } from '../../src/load/http-target.ts'
import { createSchedule } from '../../src/load/schedule.ts'
import type { Percentiles } from '../../src/measure/run-record.ts'

const SECONDS = Number(process.argv[2] ?? 10)
const SINGLE_RATE = Number(process.argv[3] ?? 5000)
const BATCH_RATE = Number(process.argv[4] ?? 30_000)
const BATCH = 100
const WARM_UP_MS = 3000
const CONNECTIONS = 64
const TIMEOUT_MS = 10_000
/** Of /proc; Linux alone. */
const TICKS_PER_SECOND = 100
const REP = new URL('../../bin/rep.js', import.meta.url).pathname

const dataDir = mkdtempSync(join(tmpdir(), 'rep-bench-collector-'))
const collector = spawn(process.execPath, [REP, 'collect', '--port', '0', '--data-dir', dataDir], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [line] = (await once(createInterface(collector.stdout), 'line')) as [string]
  const url = /http:\S+/.exec(line)![0]
  let accepted = 0
  for (const [rate, size] of [
    [SINGLE_RATE, 1],
    [BATCH_RATE, BATCH],
  ] as const) {
    accepted += await drive(url, { rate, size })
  }
  collector.kill('SIGINT')
  await once(collector, 'exit')
  const place = { home: new Home(dataDir), name: 'embedded', kafkaClient: 'platformatic' } as const
  const offsets = await withLog(place, (log) => log.offsets(USER_ACTION))
  const stored = offsets.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
  console.log(`accepted ${accepted}, in the log ${stored}${stored === accepted ? '' : ' - NOT THE SAME'}`)
  if (stored !== accepted) process.exitCode = 1
} finally {
  collector.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
}

interface Round {
  /** Events per second. */
  readonly rate: number
  /** Events a request. */
  readonly size: number
}

/** Events that were accepted, the warm-up's included. */
async function drive(url: string, { rate, size }: Round): Promise<number> {
  const phases = [{ shape: 'constant', durationMs: SECONDS * 1e3, rate: 1 }] as const
  const load = { tps: rate / size, arrival: { process: 'uniform' }, phases } as const
  const figures = new BenchFigures(WARM_UP_MS)
  const collectorCpu = cpuSeconds()
  const run = await runHttpLoad({
    target: parseTarget(url),
    pathOf: () => '/v1/events',
    bodyOf: (index) => bodyOf(index, size),
    schedule: createSchedule(load, { seed: 1, warmupMs: WARM_UP_MS, stream: 'bench/collector' }),
    ...{ connections: CONNECTIONS, timeoutMs: TIMEOUT_MS, drainMs: TIMEOUT_MS },
    ...{ signal: new AbortController().signal, observer: figures },
  })
  const { completed, failedTotal, dueToDone, sendToDone, scheduleLag, cpuSecondsPer10k } = figures.result(
    run,
    Number.POSITIVE_INFINITY,
  )
  console.log(
    `${size === 1 ? 'single posts' : `batches of ${size}`}, ${rate} events/s: answered ${completed}, failed ${failedTotal}; ` +
      `due to done ${describe(dueToDone)}; send to done ${describe(sendToDone)}; driver late ${describe(scheduleLag)}; ` +
      `CPU s per 10,000 requests: driver ${cpuSecondsPer10k?.toFixed(2)}, collector ${(((cpuSeconds() - collectorCpu) / run.responded) * 1e4).toFixed(2)}`,
  )
  return (run.statuses[202] ?? 0) * size
}

function bodyOf(number: number, size: number): string {
  if (size === 1) return event(number)
  return `[${Array.from({ length: size }, (_, i) => event(number * size + i))}]`
}

/** The rich shape, all of it, some 600 bytes. */
function event(number: number): string {
  const user = number % 10_000
  return JSON.stringify({
    user_id: `user-${user}`,
    session_id: `session-${user}`,
    event_type: number % 5 === 0 ? 'add_to_cart' : 'view',
    timestamp: Date.now(),
    context: {
      page: { url: `https://shop.example/products/${number % 5000}`, referrer: 'https://shop.example/' },
      device: { type: 'mobile' },
      weather: { status: 'rain', temperature: 7.5 },
      temporal: { time_of_day: 'evening', day_of_week: 'sunday' },
      user: { login_status: 'logged_in', segment: 'regular' },
      campaign: { utm_source: 'mail', utm_campaign: 'spring' },
    },
    properties: { product_id: `product-${number % 5000}`, category: 'tea', price: 4.5, position: 3 },
  })
}

function describe({ p50Ms, p99Ms, maxMs }: Percentiles): string {
  return `p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms`
}

/** CPU time of the collector, all its threads; its warm-up included. */
function cpuSeconds(): number {
  const fields = readFileSync(`/proc/${collector.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
