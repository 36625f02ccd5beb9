import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive } from '../../../../src/drivers/event-log/process-identity.ts'
import type { RepError } from '../../../../src/errors/rep-error.ts'
import { removePidFile, runningService } from '../../../../src/stacks/native/pid-file.ts'
import { processesOfStack } from '../../../../src/stacks/native/process-table.ts'
import { fingerprintOf, type ServicePlan } from '../../../../src/stacks/native/service-plan.ts'
import { startService } from '../../../../src/stacks/native/start-service.ts'
import { stopProcess } from '../../../../src/stacks/native/stop-process.ts'

const never = new AbortController().signal
let stack: string
beforeEach(() => {
  stack = mkdtempSync(join(tmpdir(), 'rep-service-'))
})
afterEach(() => {
  for (const { pid } of processesOfStack(stack)) process.kill(pid, 'SIGKILL')
  rmSync(stack, { recursive: true, force: true })
})

/** A service that is a script for node; healthy once it has written the file `ready`. */
function plan(script: string, changes: Partial<ServicePlan> = {}): ServicePlan {
  const directory = join(stack, 'redis')
  return {
    name: 'redis',
    version: '1.0.0',
    ports: [1],
    directory,
    directories: [directory],
    files: { [join(directory, 'service.conf')]: 'a setting' },
    uid: null,
    command: { program: process.execPath, args: ['-e', script], env: {}, cwd: directory },
    logs: [join(stack, 'logs/redis.log')],
    probe: async () => {
      if (!existsSync(join(directory, 'ready'))) throw new Error('not ready')
    },
    startLimitMs: 30_000,
    ...changes,
  }
}

const READY = `require('fs').writeFileSync('ready', '')`
const LIVE = 'setInterval(() => {}, 1000)'

test('a healthy service is in its pid file with how it was started, and ends by SIGTERM', async () => {
  const service = plan(`require('fs').readFileSync('service.conf'); ${READY}; ${LIVE}`)
  const started = await startService(stack, service, never)
  expect(isAlive(started)).toBe(true)
  expect(runningService(stack, 'redis')).toEqual(started)
  expect(started.fingerprint).toBe(fingerprintOf(service))
  expect(await stopProcess(started, 20_000)).toBe(true)
  expect(runningService(stack, 'redis')).toBeNull()
  removePidFile(stack, 'redis')
})

test('what ignores SIGTERM is killed after the bound', async () => {
  const script = `process.on('SIGTERM', () => {}); ${READY}; ${LIVE}`
  const started = await startService(stack, plan(script), never)
  expect(await stopProcess(started, 100)).toBe(false)
  expect(isAlive(started)).toBe(false)
})

test('a service that ends while it starts fails with the last lines of its log', async () => {
  const script = `for (let i = 0; i < 100; i++) console.log('line', i); console.error('cannot bind'); process.exit(3)`
  const error = (await startService(stack, plan(script), never).catch((e: unknown) => e)) as RepError
  expect(error.code).toBe('REP_ENVIRONMENT')
  expect(error.message).toBe('redis ended while it was starting.')
  expect(error.details[0]).toBe(`${join(stack, 'logs/redis.log')}:`)
  expect(error.details.at(-1)).toBe('  cannot bind')
  expect(error.details).not.toContain('  line 1')
})

test('a service that never gets healthy fails with the reason', async () => {
  const error = startService(stack, plan(LIVE, { startLimitMs: 500 }), never)
  await expect(error).rejects.toThrow('redis is not healthy after 0.5 s (not ready).')
})

test('a program that is not there fails by its name', async () => {
  const command = { program: '/nowhere/redis-server', args: [], env: {}, cwd: stack }
  await expect(startService(stack, plan('', { command }), never)).rejects.toThrow(
    /redis could not be started .*ENOENT/,
  )
})

test('storage is formatted before the first start only, and a failure of that is told', async () => {
  const directory = join(stack, 'redis')
  const script = `require('fs').appendFileSync('formatted', 'x')`
  const beforeStart = {
    program: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: directory,
    unless: join(directory, 'formatted'),
  }
  for (let i = 0; i < 2; i++)
    await stopProcess(await startService(stack, plan(`${READY}; ${LIVE}`, { beforeStart }), never), 20_000)
  const size = `if (require('fs').statSync('formatted').size !== 1) process.exit(1)`
  await stopProcess(await startService(stack, plan(`${size}; ${READY}; ${LIVE}`), never), 20_000)
  const bad = { ...beforeStart, args: ['-e', 'process.exit(7)'], unless: join(directory, 'never') }
  await expect(startService(stack, plan(LIVE, { beforeStart: bad }), never)).rejects.toThrow(
    'ended with status 7',
  )
})

test('a service that goes to the background is known by the process id that it leaves', async () => {
  const child = `require('fs').writeFileSync('pid', String(process.pid)); ${READY}; ${LIVE}`
  const script = `
    const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, stdio: 'ignore' })
    child.unref()
    const wait = setInterval(() => require('fs').existsSync('ready') && clearInterval(wait), 20)`
  const started = await startService(stack, plan(script, { pidFile: join(stack, 'redis/pid') }), never)
  expect(processesOfStack(stack).map(({ pid }) => pid)).toEqual([started.pid])
  expect(await stopProcess(started, 20_000)).toBe(true)
})

test('the wait ends with the reason of the signal', async () => {
  const controller = new AbortController()
  const start = startService(stack, plan(LIVE), controller.signal)
  controller.abort(new Error('another service failed'))
  await expect(start).rejects.toThrow('another service failed')
})
