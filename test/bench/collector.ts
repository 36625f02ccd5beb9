/**
 * The collector on the embedded stack, as a process of its own, driven open-loop: single posts at one rate, then
 * batches of 100 at another. Latency counts from when each request was due. In the end the log must hold every
 * event that was accepted. Usage: node test/bench/collector.ts [seconds] [single posts/s] [events/s in batches]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { Home } from '../../src/app/home.ts'
import { withLog } from '../../src/app/left-stack.ts'
import { USER_ACTION } from '../../src/domain/topics.ts'
import { nowUs } from '../../src/kernel/time.ts'

const SECONDS = Number(process.argv[2] ?? 10)
const SINGLE_RATE = Number(process.argv[3] ?? 5000)
const BATCH_RATE = Number(process.argv[4] ?? 30_000)
const BATCH = 100
const WARM_UP_SECONDS = 2
const CONNECTIONS = 64
const REP = new URL('../../bin/rep.js', import.meta.url).pathname

const dataDir = mkdtempSync(join(tmpdir(), 'rep-bench-collector-'))
const collector = spawn(process.execPath, [REP, 'collect', '--port', '0', '--data-dir', dataDir], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [line] = (await once(createInterface(collector.stdout), 'line')) as [string]
  const pool = new Pool(new URL(/http:\S+/.exec(line)![0]).origin, {
    connections: CONNECTIONS,
    pipelining: 1,
  })
  let accepted = 0
  for (const [rate, size] of [
    [SINGLE_RATE, 1],
    [BATCH_RATE, BATCH],
  ] as const) {
    accepted += (await drive(pool, { rate, size, seconds: WARM_UP_SECONDS })).accepted
    const result = await drive(pool, { rate, size, seconds: SECONDS })
    accepted += result.accepted
    console.log(
      `${size === 1 ? 'single posts' : `batches of ${size}`}, ${rate} events/s: ${describe(result)}`,
    )
  }
  await pool.close()
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
  readonly seconds: number
}

interface Result {
  accepted: number
  refused: number
  /** Due to answered, ms, ascending. */
  readonly latenciesMs: Float64Array
  /** How late the last request was sent, ms: the driver's own trouble. */
  lagMs: number
  /** Requests a second, from the first due time to the last answer. */
  requestsPerSecond: number
}

async function drive(pool: Pool, { rate, size, seconds }: Round): Promise<Result> {
  const requests = Math.floor((rate / size) * seconds)
  const gapUs = (1e6 * size) / rate
  const result: Result = {
    accepted: 0,
    refused: 0,
    latenciesMs: new Float64Array(requests),
    lagMs: 0,
    requestsPerSecond: 0,
  }
  const startUs = nowUs() + 10_000
  const answers: Promise<void>[] = []
  for (let i = 0; i < requests; ) {
    const dueUs = startUs + i * gapUs
    const earlyMs = (dueUs - nowUs()) / 1000
    if (earlyMs > 0) await sleep(Math.max(1, earlyMs))
    for (; i < requests && startUs + i * gapUs <= nowUs(); i++) {
      result.lagMs = Math.max(result.lagMs, (nowUs() - startUs - i * gapUs) / 1000)
      answers.push(post(pool, { number: i, size, dueUs: startUs + i * gapUs }, result))
    }
  }
  await Promise.all(answers)
  result.requestsPerSecond = requests / ((nowUs() - startUs) / 1e6)
  result.latenciesMs.sort()
  return result
}

async function post(
  pool: Pool,
  { number, size, dueUs }: { number: number; size: number; dueUs: number },
  result: Result,
): Promise<void> {
  const body =
    size === 1 ? event(number) : `[${Array.from({ length: size }, (_, i) => event(number * size + i))}]`
  const headers = { 'content-type': 'application/json' }
  const answer = await pool.request({ method: 'POST', path: '/v1/events', headers, body })
  await answer.body.dump()
  if (answer.statusCode === 202) result.accepted += size
  else result.refused += size
  result.latenciesMs[number] = (nowUs() - dueUs) / 1000
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

function describe({ accepted, refused, latenciesMs, lagMs, requestsPerSecond }: Result): string {
  const at = (share: number) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)]!.toFixed(1)
  return (
    `accepted ${accepted}, refused ${refused}, ${requestsPerSecond.toFixed(0)} requests/s, ` +
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms, driver late by at most ${lagMs.toFixed(1)} ms`
  )
}
