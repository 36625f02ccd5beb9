import { createServer, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, expect } from 'vitest'
import type { Scenario } from '../../src/config/scenario.ts'
import { USER_PREFERENCE_INDEX } from '../../src/domain/indexes.ts'
import { decodePreference, preferenceKey } from '../../src/domain/preference-record.ts'
import { PRODUCT_INVENTORY, USER_ACTION } from '../../src/domain/topics.ts'
import { cosine, isZero } from '../../src/domain/vector.ts'
import type { Stack } from '../../src/ports/stack.ts'
import type { Readiness } from '../../src/serve/readiness.ts'
import { startServer } from '../../src/serve/server.ts'
import { PIPELINE_SERVICES, SERVICES, writeStackDescription } from '../../src/stacks/stack-description.ts'
import { foldedPreferences } from '../fixtures/folded-preferences.ts'
import { NATIVE_LIMIT_MS as LIMIT_MS, live, nativeRuns } from '../fixtures/native-stack.ts'
import { runWithTrouble, type TroubleRun, type UsageSample } from '../fixtures/trouble-run.ts'
import { DIMS, STACK, TroubleStack } from '../fixtures/trouble-stack.ts'

const MIB = 2 ** 20
/** Of a run that meets trouble, beside the live view. One a thread and state is a dozen; one an attempt, hundreds. */
const MOST_LINES = 40
/** Of rep while a service is down, in all its threads. A loop that never sleeps takes a whole one. */
const MOST_CORES = 0.8

const stack = new TroubleStack(27_290)

beforeEach(async () => {
  if (nativeRuns) await stack.start()
}, LIMIT_MS)
afterAll(() => stack.remove(), LIMIT_MS)

/** The time in which a service was away, ms on `performance.now()`. */
interface Outage {
  readonly fromMs: number
  readonly toMs: number
}

/** Runs the lab with traffic on, and `trouble` in the middle. */
async function run(trouble: () => Promise<void>, changes: { seconds?: number; root?: string } = {}) {
  let outage: Outage | null = null
  const { seconds = 30, root = stack.root } = changes
  const settings = [
    'warmup=1s',
    'drain=180s',
    `pipeline.embedder.dims=${DIMS}`,
    'catalogue.products=300',
    // Nobody has a preference before the run, so that the log alone says what each one must be.
    'users.coldShare=100%',
    'load.inventory.tps=2',
    'load.reads.tps=10',
    'load.canaries.tps=4',
    'load.canaries.timeout=170s',
  ]
  const args = ['--stack', STACK, '--data-dir', root, '--tps', '300', '--users', '400']
  const result = await runWithTrouble({
    args: [...args, '--duration', `${seconds}s`, ...settings.flatMap((setting) => ['--set', setting])],
    cwd: root,
    trouble: async () => {
      const fromMs = performance.now()
      await trouble()
      outage = { fromMs, toMs: performance.now() }
    },
  })
  // On a machine so slow that nothing came through in time there was no trouble, and the run says nothing.
  if (outage === null && result.status !== 3)
    throw new Error(`No event came through in ${seconds} s:\n${result.lines.join('\n')}`)
  return { ...result, outage: outage ?? { fromMs: 0, toMs: 0 } }
}

/** The run is judged, nothing is lost or doubled, and rep was calm and bounded meanwhile. */
function expectClean({ status, record, lines, samples, outage }: TroubleRun & { outage: Outage }): void {
  const said = lines.filter((line) => !/^\d+:\d\d /.test(line))
  const shown = said.join('\n')
  expect(record?.ledger, shown).toMatchObject({
    clean: true,
    failed: 0,
    indeterminate: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    unseen: 0,
    dlq: 0,
  })
  expect(record!.conservation.filter(({ balanced, inFlight }) => !balanced || inFlight > 0)).toEqual([])
  // A missed objective or a late generator is a figure of this machine; anything else is a fault.
  expect([0, 6, 99], shown).toContain(status)
  expect(said.length, shown).toBeLessThanOrEqual(MOST_LINES)
  expectBounded(samples, outage)
}

function expectBounded(samples: readonly UsageSample[], { fromMs, toMs }: Outage): void {
  const before = samples.findLast(({ atMs }) => atMs <= fromMs)!
  const after = samples.findLast(({ atMs }) => atMs <= toMs) ?? samples.at(-1)!
  const mostBytes = Math.max(...samples.map(({ rssBytes }) => rssBytes))
  expect(mostBytes).toBeLessThan(before.rssBytes * 1.5 + 256 * MIB)
  const seconds = (after.atMs - before.atMs) / 1e3
  if (seconds > 3) expect((after.cpuSeconds - before.cpuSeconds) / seconds).toBeLessThan(MOST_CORES)
}

/** What neither rep's ledger nor its drivers can fool: Kafka's own offsets, and the index's count over plain HTTP. */
async function expectCounts({ record }: TroubleRun): Promise<void> {
  const opened = await stack.open()
  try {
    const offsets = await Promise.all(
      [USER_ACTION, PRODUCT_INVENTORY].map((topic) => opened.log.offsets(topic)),
    )
    const [actions, changes] = offsets.map((partitions) =>
      partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0),
    )
    expect(actions! + changes!).toBe(record!.ledger.acknowledged)
    const url = `${stack.description.elasticsearch}/user_behavior_index`
    await fetch(`${url}/_refresh`, { method: 'POST' })
    const { count } = (await (await fetch(`${url}/_count`)).json()) as { count: number }
    expect(count).toBe(actions)
  } finally {
    await opened.close()
  }
}

/** Serves recommendations of the stack meanwhile, and says what its readiness is. */
async function withServer(work: (readiness: () => Promise<Readiness>) => Promise<void>): Promise<void> {
  const opened = await stack.open()
  const recommend = { candidates: 20, indexKind: 'flat', diversity: 0, popularRefreshMs: 1000 } as const
  const lines: string[] = []
  const server = await startServer({
    stack: opened,
    settings: recommend,
    port: 0,
    log: (line) => lines.push(line),
  })
  try {
    await work(async () => (await (await fetch(`${server.url}/readyz`)).json()) as Readiness)
    // From refreshing to failing to refresh, and nothing else.
    expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(4)
  } finally {
    await server.close()
    await opened.close()
  }
}

/** Polls readiness until the checks are these. */
const expectReadiness = (readiness: () => Promise<Readiness>, checks: Readiness['checks']) =>
  expect.poll(async () => (await readiness()).checks, { timeout: 120_000, interval: 250 }).toEqual(checks)
const READY = { 'key-value': 'ok', 'vector-index': 'ok' }

live(
  'without trouble all is clean and counted, and the services are warm',
  { timeout: LIMIT_MS },
  async () => {
    const result = await run(async () => undefined)
    expectClean(result)
    await expectCounts(result)
  },
)

live('the broker is stopped for 10 s and started', { timeout: LIMIT_MS }, async () => {
  const result = await run(async () => {
    await stack.stop('kafka')
    await sleep(10_000)
    await stack.start()
  })
  expectClean(result)
  await expectCounts(result)
  expect(result.lines.join('\n')).toMatch(/behavior: waiting, .*Kafka.*\n/)
})

live('the broker is killed with -9', { timeout: LIMIT_MS }, async () => {
  const result = await run(async () => {
    await stack.kill('kafka')
    await stack.start()
  })
  expectClean(result)
  await expectCounts(result)
})

live('Elasticsearch answers 429 for 8 s', { timeout: LIMIT_MS }, async () => {
  const proxy = await startProxy(stack.description.elasticsearch)
  const other = new TroubleStack(0)
  try {
    const { services } = stack.description
    const elasticsearch = { ...services.elasticsearch, address: new URL(proxy.url).host }
    writeStackDescription(other, {
      ...stack.description,
      elasticsearch: proxy.url,
      services: { ...services, elasticsearch },
    })
    const result = await run(
      async () => {
        proxy.refuse(true)
        await sleep(8_000)
        proxy.refuse(false)
      },
      { root: other.root },
    )
    expect(proxy.refused).toBeGreaterThan(0)
    expectClean(result)
    await expectCounts(result)
  } finally {
    proxy.close()
    await other.remove()
  }
})

live(
  'Redis is killed and comes back empty: every preference is restored',
  { timeout: LIMIT_MS },
  async () => {
    const result = await run(() =>
      withServer(async (readiness) => {
        await stack.kill('redis')
        await expectReadiness(readiness, {
          ...READY,
          'key-value': expect.stringContaining('Redis at 127.0.0.1'),
        })
        await stack.start()
        await expectReadiness(readiness, READY)
      }),
    )
    expectClean(result)
    await expectCounts(result)
    const opened = await stack.open()
    try {
      await expectPreferences(opened, result.record!.manifest.scenario as Scenario)
    } finally {
      await opened.close()
    }
  },
)

live('Redis is paused for 5 s', { timeout: LIMIT_MS }, async () => {
  const result = await run(() =>
    withServer(async (readiness) => {
      stack.signal('redis', 'SIGSTOP')
      try {
        await Promise.all([
          sleep(5_000),
          expectReadiness(readiness, { ...READY, 'key-value': expect.stringContaining('did not answer') }),
        ])
      } finally {
        stack.signal('redis', 'SIGCONT')
      }
      await expectReadiness(readiness, READY)
    }),
  )
  expectClean(result)
  await expectCounts(result)
})

live('the registry is down: cached ids go on', { timeout: LIMIT_MS }, async () => {
  const result = await run(() => stack.stop('registry'), { seconds: 15 })
  await stack.start()
  expectClean(result)
  await expectCounts(result)
  expect(result.record!.manifest.versions['schema registry']).toBe('not reachable')
})

live('Elasticsearch is stopped for 10 s and started', { timeout: LIMIT_MS }, async () => {
  const result = await run(() =>
    withServer(async (readiness) => {
      await stack.stop('elasticsearch')
      await expectReadiness(readiness, {
        ...READY,
        'vector-index': expect.stringContaining('Elasticsearch at 127.0.0.1'),
      })
      await sleep(10_000)
      await stack.start()
      await expectReadiness(readiness, READY)
    }),
  )
  expectClean(result)
  await expectCounts(result)
})

live(
  'at the start each missing service is named, with its address and what starts it',
  { timeout: LIMIT_MS },
  async () => {
    const { services } = stack.description
    await stack.stop(...SERVICES)
    const { status, stdout } = await run(async () => undefined, { seconds: 1 })
    expect(status).toBe(3)
    for (const service of PIPELINE_SERVICES) expect(stdout).toContain(services[service].address)
    expect(stdout).toContain(`rep up --name ${STACK}`)
  },
)

/** Every preference is what the log says that it is: in Redis, or in the backup of a user who was not met since. */
async function expectPreferences(opened: Stack, { pipeline }: Scenario): Promise<void> {
  const expected = await foldedPreferences(opened, pipeline.preference)
  const users = [...expected].filter(([, { vector }]) => !isZero(vector))
  expect(users.length).toBeGreaterThan(100)
  const userIds = users.map(([userId]) => userId)
  const stored = await opened.keyValue.getMany(userIds.map(preferenceKey))
  const backups = await opened.vectors.getMany(USER_PREFERENCE_INDEX, userIds)
  const wrong: string[] = []
  for (const [i, [userId, { vector, lastTraceId }]] of users.entries()) {
    const bytes = stored[i] ?? null
    const found = bytes === null ? null : decodePreference(bytes)
    const last = found?.lastTraceId ?? backups[i]?.attributes.lastTraceId
    const near = cosine(found?.vector ?? backups[i]?.vector ?? new Float32Array(DIMS), vector)
    if (last !== lastTraceId || near < 0.999_999) wrong.push(`${userId}: ${near}, ${last} for ${lastTraceId}`)
  }
  expect(wrong).toEqual([])
}

/** A proxy before Elasticsearch that can refuse everything as a cluster does whose queues are full. */
async function startProxy(target: string) {
  let refusing = false
  let refused = 0
  const server = createServer((asked, answer) => {
    if (refusing) {
      refused++
      asked.resume()
      const error = {
        type: 'es_rejected_execution_exception',
        reason: 'rejected execution: the queue is full',
      }
      answer.writeHead(429, { 'content-type': 'application/json' })
      answer.end(JSON.stringify({ error, status: 429 }))
      return
    }
    const { method, url, headers } = asked
    const passed = request(`${target}${url}`, { method, headers }, (got) => {
      answer.writeHead(got.statusCode!, got.headers)
      got.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    refuse: (on: boolean) => {
      refusing = on
    },
    get refused() {
      return refused
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
