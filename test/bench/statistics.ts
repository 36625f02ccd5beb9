/**
 * The statistics stage and its answers: events are appended and worked off as fast as it goes (events a second, CPU
 * of this process an event), then the API is asked open-loop over HTTP while nothing else happens; latency counts from
 * when each question was due. In the end rows and counts must be as many as the events. On the embedded stack
 * PostgreSQL and the asker are this very process.
 * Usage: node test/bench/statistics.ts [events] [questions/s] [seconds] [name of a stack of rep up] [its data dir]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Home } from '../../src/app/home.ts'
import { stackAddress } from '../../src/app/lab-stack.ts'
import { openStack } from '../../src/app/open-stack.ts'
import { createCodec } from '../../src/domain/codec.ts'
import type { ActionType } from '../../src/domain/events.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { formatTraceId } from '../../src/domain/trace-id.ts'
import { nowUs } from '../../src/kernel/time.ts'
import type { LogRecord } from '../../src/ports/event-log.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { createHttpApp, listen } from '../../src/serve/http-app.ts'
import { HttpMetrics } from '../../src/serve/http-metrics.ts'
import { addStatisticsRoutes } from '../../src/serve/statistics-routes.ts'
import { countedEvents } from '../../src/stages/statistics/counted-events.ts'
import { openStatisticsStage } from '../../src/stages/statistics/statistics-stage.ts'
import { pipelineSettings } from '../unit/stages/stage-lab.ts'

const EVENTS = Number(process.argv[2] ?? 1_000_000)
const RATE = Number(process.argv[3] ?? 100)
const SECONDS = Number(process.argv[4] ?? 20)
const WARM_UP_SECONDS = 2
const STACK = process.argv[5] ?? 'embedded'
const APPEND = 500
/** Events that are in the log before they are worked off. */
const SLICE = 50_000
const USERS = 20_000
const SUBJECTS = 5000
/** Event time goes a day in all. */
const START_MS = Date.UTC(2026, 2, 1)
const STEP_MS = 86_400_000 / EVENTS
const TYPES: readonly ActionType[] = ['VIEW', 'VIEW', 'CLICK', 'LIKE', 'UNLIKE', 'SEARCH', 'ADD_TO_CART']

const scratch = mkdtempSync(join(tmpdir(), 'rep-bench-statistics-'))
const home = new Home(process.argv[6] ?? scratch)
const stack = await openStack(await stackAddress({ home, name: STACK, kafkaClient: 'platformatic' }, 8))
const sql = await stack.openSql()
try {
  await stack.log.ensureTopics(TOPICS)
  const before = await countedEvents(sql)
  const logged = (await stack.log.offsets(USER_ACTION)).reduce((sum, { latest }) => sum + latest, 0)
  if (before.rows + logged > 0) throw new Error(`Stack ${STACK} holds events already: take an empty one.`)
  await workOff(stack)
  const { rows, counted } = await countedEvents(sql)
  console.log(`events ${EVENTS}, rows ${rows}, counted ${counted}`)
  if (rows !== EVENTS || counted !== EVENTS) process.exitCode = 1
  await ask(stack)
} finally {
  await stack.close()
  rmSync(scratch, { recursive: true, force: true })
}

/** Close to Zipf with exponent 1: log-uniform ranks. */
function rank(n: number): number {
  return Math.floor(n ** Math.random()) - 1
}

function makeBatch(from: number, codec: ReturnType<typeof createCodec>): LogRecord[] {
  return Array.from({ length: Math.min(APPEND, EVENTS - from) }, (_, i) => {
    const userId = `user-${rank(USERS)}`
    const actionType = TYPES[(from + i) % TYPES.length]!
    const id = `subject-${rank(SUBJECTS)}`
    const timestamp = START_MS + Math.floor((from + i) * STEP_MS)
    const value = codec.encodeUserAction({
      traceId: formatTraceId(timestamp, 7, from + i),
      userId,
      sessionId: userId,
      actionType,
      timestamp,
      productId: actionType === 'SEARCH' ? null : id,
      query: actionType === 'SEARCH' ? `search ${rank(500)}` : null,
      context: { page: { url: 'https://shop.example/p' }, device: { type: 'mobile' } },
      properties: i % 2 === 0 ? { post_id: id } : {},
    })
    return { key: Buffer.from(userId), value, dueUs: 0 }
  })
}

async function workOff(on: Stack): Promise<void> {
  const codec = createCodec(on.schemaIds)
  const { statistics, ...rest } = pipelineSettings()
  const settings = { ...rest, statistics: { ...statistics, flushMs: 5000, batchRecords: 2000 } }
  const context = {
    stack: on,
    observer: { done: () => undefined, known: () => undefined },
    log: console.error,
  }
  const { stage, consumer } = await openStatisticsStage(context, settings)
  let us = 0
  let cpuUs = 0
  const measured = async (work: () => Promise<unknown>): Promise<void> => {
    const [beganUs, cpu] = [nowUs(), process.cpuUsage()]
    await work()
    const used = process.cpuUsage(cpu)
    us += nowUs() - beganUs
    cpuUs += used.user + used.system
  }
  for (let from = 0; from < EVENTS; from += SLICE) {
    const to = Math.min(EVENTS, from + SLICE)
    for (let at = from; at < to; at += APPEND)
      await on.log.append(USER_ACTION, makeBatch(at, codec).slice(0, to - at))
    await measured(async () => {
      while (stage.counters.in < to) {
        const batch = await consumer.poll(100)
        if (batch.length > 0) await stage.handle(batch)
      }
    })
  }
  await measured(() => stage.flush())
  await consumer.close()
  console.log(
    `stage on ${on.name}: ${Math.round(EVENTS / (us / 1e6))} events/s, ${(cpuUs / EVENTS).toFixed(1)} µs CPU of this process an event`,
  )
}

function question(i: number): string {
  const id = `subject-${rank(SUBJECTS)}`
  const all = [
    '?interval=minute&from=2026-03-01&to=2026-03-02',
    '?interval=hour&type=view',
    '?interval=day',
    `?interval=minute&post=${id}`,
    `?interval=hour&product=${id}&type=like`,
    '/top?by=views',
    '/top?by=likes&of=product&limit=100',
    '/top?by=searches',
  ]
  return `/v1/statistics${all[i % all.length]}`
}

async function ask(on: Stack): Promise<void> {
  const metrics = new HttpMetrics()
  const app = await createHttpApp({ title: 'bench', description: '', metrics, log: console.error })
  addStatisticsRoutes(app, { sql, keyValue: on.keyValue, log: console.error })
  const url = await listen(app, { host: '127.0.0.1', port: 0 })
  await drive(url, WARM_UP_SECONDS)
  const sorted = (await drive(url, SECONDS)).toSorted((a, b) => a - b)
  await app.close()
  const at = (share: number) => `${sorted[Math.ceil(sorted.length * share) - 1]!.toFixed(2)} ms`
  console.log(
    `${sorted.length} questions at ${RATE}/s over ${EVENTS} events: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`,
  )
}

/** Latency of each question from when it was due, ms. */
async function drive(url: string, seconds: number): Promise<number[]> {
  const beganUs = nowUs()
  const answers: Promise<number>[] = []
  for (let i = 0; i < RATE * seconds; i++) {
    const dueUs = beganUs + (i / RATE) * 1e6
    const waitMs = (dueUs - nowUs()) / 1e3
    if (waitMs > 0) await sleep(waitMs)
    answers.push(answerMs(url + question(i), dueUs))
  }
  return Promise.all(answers)
}

async function answerMs(url: string, dueUs: number): Promise<number> {
  const response = await fetch(url)
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`${url}: ${response.status}`)
  return (nowUs() - dueUs) / 1e3
}
