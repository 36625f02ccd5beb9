import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { openStack } from '../../src/app/open-stack.ts'
import { status } from '../../src/app/status.ts'
import { INDEXES } from '../../src/domain/indexes.ts'
import { TOPICS } from '../../src/domain/topics.ts'
import { isAlive, processOf } from '../../src/drivers/event-log/process-identity.ts'
import type { RepError } from '../../src/errors/rep-error.ts'
import type { RunRecord } from '../../src/measure/run-record.ts'
import { findPostgres } from '../../src/stacks/native/postgres-programs.ts'
import { processesOfStack } from '../../src/stacks/native/process-table.ts'
import { probeService } from '../../src/stacks/probes/probe-service.ts'
import { resetTables } from '../../src/stacks/reset-tables.ts'
import { PIPELINE_SERVICES, SERVICES, stackDirectory } from '../../src/stacks/stack-description.ts'
import { agrees, countTable, independentCounts } from '../fixtures/independent-counts.ts'
import { NATIVE_LIMIT_MS as LIMIT_MS, live, NativeStack } from '../fixtures/native-stack.ts'
import { rep } from '../fixtures/rep-cli.ts'
import { isRequired } from '../fixtures/required.ts'

// Away from the default ports, so that a developer's own stack may run at the same time.
const PORT_BASE = 27_090
const PATIENCE = { timeout: 60_000, interval: 200 }
const SMALL = {
  portBase: PORT_BASE,
  kafkaHeapMb: 256,
  elasticsearchHeapMb: 384,
  registryHeapMb: 192,
  redisMaxMb: 64,
}

const INSTALLED = (await findPostgres()) === null ? PIPELINE_SERVICES : SERVICES
if (isRequired('native') && INSTALLED !== SERVICES) throw new Error('PostgreSQL is not installed.')

const stack = new NativeStack('trial', SMALL)
const { root, name } = stack
const pids = () => {
  const { services } = stack.description
  return Object.fromEntries(INSTALLED.map((service) => [service, services[service]!.pid as number]))
}

afterAll(() => stack.remove(), LIMIT_MS)

live('up: every service is healthy, described, and lives on', { timeout: LIMIT_MS }, async () => {
  const { description, started } = await stack.up()
  expect([...started].sort()).toEqual([...INSTALLED].sort())
  expect(stack.description).toEqual(description)
  expect(description.brokers).toEqual([`127.0.0.1:${PORT_BASE}`])
  for (const service of INSTALLED) {
    await probeService(description, service, AbortSignal.timeout(10_000))
    const { pid, logs } = description.services[service]!
    expect(isAlive(processOf(pid as number))).toBe(true)
    expect(logs.some((log) => (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0)).toBe(true)
  }
  if (process.getuid?.() === 0) {
    const { elasticsearch, postgres = elasticsearch } = description.services
    for (const { pid } of [elasticsearch, postgres])
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).not.toMatch(/^Uid:\t0/m)
  }
})

live('up again, with nothing or with the same, changes nothing', { timeout: LIMIT_MS }, async () => {
  const before = pids()
  for (const settings of [{}, SMALL]) expect((await stack.up(settings)).started).toEqual([])
  expect(pids()).toEqual(before)
})

live('status: memory, topics, schemas, indexes, and what a client made', { timeout: LIMIT_MS }, async () => {
  const { elasticsearch } = stack.description
  const send = (path: string, body: unknown) =>
    fetch(`${elasticsearch}/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await send('trial', { settings: { number_of_replicas: 0 } })
  await send('trial/_doc/1?refresh=true', { a: 1 })
  const seen = await status(stack, name)
  expect(seen.services.map(({ health }) => health)).toEqual(INSTALLED.map(() => 'healthy'))
  if (process.platform === 'linux')
    for (const { rssBytes } of seen.services) expect(rssBytes).toBeGreaterThan(2 ** 20)
  expect(seen.indices).toContainEqual(
    expect.objectContaining({ name: 'trial', health: 'green', documents: 1 }),
  )
  expect(seen.kafka?.topics).toEqual(
    TOPICS.map((topic) => ({ ...topic, records: 0 })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  )
  expect(seen.kafka?.lags).toEqual([])
  expect(seen.subjects).toContain('user.action.v1-value')
  for (const index of INDEXES) expect(seen.indices?.some(({ name }) => name.startsWith(index))).toBe(true)
  expect(seen.redisKeys).toBe(0)
  expect(seen.tables).toEqual([])
})

live(
  'what Kafka’s own tool and plain HTTP count of a run is what its ledger says; other commands see it too',
  { timeout: LIMIT_MS },
  async () => {
    const on = ['--stack', name, '--data-dir', root]
    const load = ['--tps', '200', '--users', '500', '--duration', '5s', '--set', 'catalogue.products=300']
    // However slow the machine: what waits is drained.
    load.push('--set', 'drain=3m')
    const run = await rep(['simulate', ...on, ...load, '--json'], { cwd: root })
    expect([0, 6, 99], run.stderr).toContain(run.status)
    const record = JSON.parse(run.stdout) as RunRecord
    expect(record.ledger).toMatchObject({ clean: true, indeterminate: 0 })
    const counts = await independentCounts(stack.description, record)
    expect(counts.every(agrees), countTable(counts)).toBe(true)
    expect(record.resources.filter(({ kind }) => kind === 'process').map(({ name }) => name)).toEqual(
      process.platform === 'linux' ? ['rep', ...INSTALLED] : ['rep'],
    )
    expect((await rep(['dlq', 'list', ...on], { cwd: root })).stdout).toContain('No dead letters.')
    const preference = await rep(['preference', 'get', 'user-000001', ...on, '--json'], { cwd: root })
    expect(JSON.parse(preference.stdout)).toMatchObject({ userId: 'user-000001' })
  },
)

const withPostgres = INSTALLED === SERVICES ? live : live.skip
withPostgres(
  'PostgreSQL: opened with its tables, counted in the status, kept over a kill, emptied by a reset',
  { timeout: LIMIT_MS },
  async () => {
    const opened = await openStack({
      kind: 'services',
      description: stack.description,
      kafkaClient: 'platformatic',
      dims: 64,
      schemaIds: null,
    })
    const sql = await opened.openSql()
    expect(await opened.openSql()).toBe(sql)
    const rows = [
      ['a', 1],
      ['b', 2],
    ]
    const columns = { post_id: 'text', views: 'bigint' }
    expect(await sql.insert({ table: 'post_statistics', columns, rows })).toBe(2)
    const counted = async () =>
      (await status(stack, name)).tables?.find((table) => table.name.endsWith('post_statistics'))?.rows
    expect(await counted()).toBe(2)
    process.kill(pids().postgres as number, 'SIGKILL')
    const health = async () =>
      (await status(stack, name)).services.find((service) => service.name === 'postgres')?.health
    await expect.poll(health, PATIENCE).toBe('down')
    expect((await stack.up({})).started).toEqual(['postgres'])
    expect(await counted()).toBe(2)
    const count = () => sql.query('SELECT count(*) AS n FROM post_statistics').catch(() => null)
    await expect.poll(count, PATIENCE).toEqual([{ n: 2 }])
    await opened.close()
    await resetTables(stack.description)
    expect((await status(stack, name)).tables).toEqual([])
  },
)

live(
  'commands name a service that is missing, its address and what starts it',
  { timeout: LIMIT_MS },
  async () => {
    const { address } = stack.description.services.redis
    process.kill(pids().redis as number, 'SIGKILL')
    const on = ['--stack', name, '--data-dir', root]
    for (const command of [['simulate'], ['serve', '--port', '0'], ['preference', 'get', 'user-000001']]) {
      const { status: exit, stderr } = await rep([...command, ...on], { cwd: root })
      expect(exit, stderr).toBe(3)
      expect(stderr).toContain('rep up --name trial')
      expect(stderr).toContain(`redis at ${address}`)
    }
    // It needs Kafka alone.
    expect((await rep(['dlq', 'list', ...on], { cwd: root })).status).toBe(0)
    expect((await stack.up({})).started).toEqual(['redis'])
  },
)

live(
  'one killed with -9 is down in the status, and up starts it alone; data survive',
  { timeout: LIMIT_MS },
  async () => {
    const before = pids()
    process.kill(before.elasticsearch as number, 'SIGKILL')
    await expect
      .poll(
        async () => (await status(stack, name)).services.find(({ name }) => name === 'elasticsearch')?.health,
        PATIENCE,
      )
      .toBe('down')
    expect((await stack.up({})).started).toEqual(['elasticsearch'])
    const after = pids()
    expect(after).toEqual({ ...before, elasticsearch: after.elasticsearch })
    expect((await status(stack, name)).indices).toContainEqual(
      expect.objectContaining({ name: 'trial', documents: 1 }),
    )
  },
)

live('a changed setting restarts that service alone, and is kept', { timeout: LIMIT_MS }, async () => {
  const before = pids()
  expect((await stack.up({ redisMaxMb: 80 })).started).toEqual(['redis'])
  expect((await stack.up({})).started).toEqual([])
  expect(pids()).toEqual({ ...before, redis: pids().redis })
})

live(
  'a service that lost its pid file is found and replaced, not doubled',
  { timeout: LIMIT_MS },
  async () => {
    rmSync(join(stackDirectory(stack, name), 'run/redis.pid.json'))
    expect((await stack.up({})).started).toEqual(['redis'])
    const running = processesOfStack(stackDirectory(stack, name))
    if (process.platform === 'linux') expect(running).toHaveLength(INSTALLED.length)
  },
)

live(
  'down ends every process and keeps the data; with volumes nothing is left',
  { timeout: LIMIT_MS },
  async () => {
    const before = Object.values(pids()).map(processOf)
    expect((await stack.down({ volumes: false })).stopped).toHaveLength(INSTALLED.length)
    for (const process of before) expect(isAlive(process)).toBe(false)
    expect(processesOfStack(stackDirectory(stack, name))).toEqual([])
    expect(() => stack.description).toThrow(/rep up/)
    expect(existsSync(join(stackDirectory(stack, name), 'kafka/data'))).toBe(true)
  },
)

live('a port in use is named with who holds it, and nothing is started', { timeout: LIMIT_MS }, async () => {
  const server = createServer().listen(PORT_BASE, '127.0.0.1')
  try {
    const error = (await stack.up({}).catch((e: unknown) => e)) as RepError
    expect(error.code).toBe('REP_PORT_IN_USE')
    expect(error.exit).toBe(3)
    expect(error.details).toHaveLength(1)
    expect(error.details[0]).toContain(`port ${PORT_BASE} for kafka is held by process ${process.pid}`)
    expect(processesOfStack(stackDirectory(stack, name))).toEqual([])
  } finally {
    server.close()
  }
})

live(
  'a service that cannot start fails with its log, and takes the others down',
  { timeout: LIMIT_MS },
  async () => {
    const properties = join(stackDirectory(stack, name), 'kafka/data/meta.properties')
    const kept = readFileSync(properties, 'utf8')
    execFileSync('sh', ['-c', 'echo "version=nonsense" > "$0"', properties])
    const error = (await stack.up({}).catch((e: unknown) => e)) as RepError
    expect(error.message).toMatch(/^kafka ended while it was starting/)
    expect(error.details.join('\n')).toMatch(/meta\.properties|nonsense/)
    expect(processesOfStack(stackDirectory(stack, name))).toEqual([])
    execFileSync('sh', ['-c', 'printf %s "$1" > "$0"', properties, kept])
    await stack.down({ volumes: true })
    expect(existsSync(stackDirectory(stack, name))).toBe(false)
  },
)
