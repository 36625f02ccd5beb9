import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import type { RunRecord } from '../../src/measure/run-record.ts'
import { findPostgres } from '../../src/stacks/native/postgres-programs.ts'
import { NATIVE_LIMIT_MS, NativeStack, nativeRuns } from '../fixtures/native-stack.ts'
import { rep } from '../fixtures/rep-cli.ts'
import { isRequired } from '../fixtures/required.ts'

const stack = new NativeStack('statistics', {
  portBase: 27_190,
  kafkaHeapMb: 256,
  elasticsearchHeapMb: 384,
  registryHeapMb: 192,
  redisMaxMb: 64,
})
afterAll(() => stack.remove(), NATIVE_LIMIT_MS)

const installed = (await findPostgres()) !== null
if (nativeRuns && !installed) {
  if (isRequired('native')) throw new Error('PostgreSQL is not installed.')
  process.stderr.write('Skipped, PostgreSQL is not installed: test/integration/native-statistics.test.ts\n')
}

test.skipIf(!nativeRuns || !installed)(
  'Redis loses everything and PostgreSQL is killed during a run: rows and counts are those of the log',
  { timeout: 2 * NATIVE_LIMIT_MS },
  async () => {
    await stack.start()
    const on = ['--stack', stack.name, '--data-dir', stack.root]
    const set = ['pipeline.statistics.enabled=true', 'pipeline.statistics.flush=500ms', 'drain=5m']
    const load = ['--tps', '200', '--users', '500', '--duration', '20s', '--set', 'catalogue.products=300']
    const running = rep(['simulate', ...on, ...load, ...set.flatMap((one) => ['--set', one]), '--json'], {
      cwd: stack.root,
    })
    const redis = new Redis(stack.description.redis)
    // Counting has begun: there is something to lose.
    const counting = () => redis.exists('{statistics}:marks')
    await expect.poll(counting, { timeout: NATIVE_LIMIT_MS, interval: 200 }).toBe(1)
    await redis.flushall()
    redis.disconnect()
    await sleep(2000)
    process.kill(stack.description.services.postgres!.pid!, 'SIGKILL')
    await sleep(2000)
    await stack.up()
    const run = await running
    expect([0, 6, 99], run.stderr).toContain(run.status)
    const { ledger, statistics, conservation } = JSON.parse(run.stdout) as RunRecord
    expect(ledger.clean).toBe(true)
    expect(statistics).toMatchObject({ equal: true, rows: statistics!.logged, counted: statistics!.logged })
    expect(statistics!.logged).toBeGreaterThan(4000)
    expect(conservation.find(({ stage }) => stage === 'statistics')).toMatchObject({ balanced: true })
    const top = await rep(['statistics', 'top', '--of', 'product', '--limit', '1', ...on, '--json'], {
      cwd: stack.root,
    })
    expect(JSON.parse(top.stdout)).toMatchObject({ by: 'views', of: 'product', items: [{}] })
  },
)
