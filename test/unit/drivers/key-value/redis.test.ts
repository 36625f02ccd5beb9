import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRedisKeyValue, type RedisStore } from '../../../../src/drivers/key-value/redis.ts'
import { isRequired } from '../../../fixtures/required.ts'

const missing = spawnSync('redis-server', ['--version']).status !== 0
if (missing && isRequired('native'))
  throw new Error('REP_REQUIRE asks for the native stack, but redis-server is not on the PATH.')

const entry = { key: 'k', value: Uint8Array.of(1, 2) }

describe.skipIf(missing)('redis under trouble (skipped where redis-server is not on the PATH)', () => {
  let port: number
  let server: ChildProcess
  let keyValue: RedisStore
  let lines: string[]
  beforeEach(async () => {
    port = await freePort()
    server = await startRedis(port)
    lines = []
    keyValue = await openRedisKeyValue({
      url: `redis://:secret@127.0.0.1:${port}`,
      log: (line) => void lines.push(line),
    })
  })
  afterEach(async () => {
    await keyValue.close()
    await stop(server)
  })

  test('killed: every call fails at once as retryable; restarted: calls go through, also scripts', async () => {
    await keyValue.setIfAbsentMany([entry])
    await stop(server)
    await until(() => keyValue.getMany(['k']).then(never, isUnavailable))
    for (let i = 0; i < 3; i++)
      await expect(keyValue.setMany([entry])).rejects.toMatchObject({ code: 'REP_STORE_UNAVAILABLE' })
    server = await startRedis(port)
    await until(() => keyValue.getMany(['k']).then(() => true, isDown))
    expect(await keyValue.setIfAbsentMany([{ ...entry, ttlMs: 60_000 }])).toEqual([true])
    expect(await keyValue.incrementMany(['n'], 1, 60_000)).toEqual([1])
    expect(lines).toEqual([
      `redis: connection to 127.0.0.1:${port} lost, trying to reconnect`,
      `redis: connected to 127.0.0.1:${port} again`,
    ])
  })

  test('paused: calls wait and then go through, none is done twice', async () => {
    await keyValue.incrementMany(['n'], 1, 60_000)
    server.kill('SIGSTOP')
    const waiting = Array.from({ length: 5 }, () => keyValue.incrementMany(['n'], 1, 60_000))
    await new Promise((resolve) => setTimeout(resolve, 300))
    server.kill('SIGCONT')
    expect((await Promise.all(waiting)).flat().toSorted()).toEqual([2, 3, 4, 5, 6])
    expect(lines).toEqual([])
  })

  test('what is under way when the connection breaks fails and is not sent again', async () => {
    server.kill('SIGSTOP')
    const waiting = keyValue.incrementMany(['n'], 1, 60_000)
    const outcome = waiting.then(never, isUnavailable)
    await stop(server)
    expect(await outcome).toBe(true)
    server = await startRedis(port)
    await until(() => keyValue.getMany(['n']).then(() => true, isDown))
    expect(await keyValue.incrementMany(['n'], 1, 60_000)).toEqual([1])
  })

  test('a server without the scripts of before is given them', async () => {
    await keyValue.incrementMany(['n'], 1, 60_000)
    spawnSync('redis-cli', ['-p', String(port), '-a', 'secret', 'script', 'flush'])
    expect(await keyValue.incrementMany(['n'], 1, 60_000)).toEqual([2])
  })

  test('batches of many chunks keep their positions', async () => {
    const entries = Array.from({ length: 1500 }, (_, i) => ({ key: `k${i}`, value: Uint8Array.of(i & 255) }))
    await keyValue.setMany(entries.slice(0, 700))
    const set = await keyValue.setIfAbsentMany(entries)
    expect(set).toEqual(entries.map((_, i) => i >= 700))
    const values = await keyValue.getMany(entries.map(({ key }) => key))
    expect(values.map((value) => value?.[0])).toEqual(entries.map(({ value }) => value[0]))
    await keyValue.setMany(entries.map((it, i) => (i % 2 === 0 ? { ...it, ttlMs: 60_000 } : it)))
    await keyValue.deleteMany(entries.map(({ key }) => key))
    expect(await keyValue.getMany(['k0', 'k1499'])).toEqual([null, null])
  })

  test('nothing at the address: retryable, with the address and without the password', async () => {
    const unused = await freePort()
    const opening = openRedisKeyValue({ url: `redis://:secret@127.0.0.1:${unused}` })
    await expect(opening).rejects.toMatchObject({
      code: 'REP_STORE_UNAVAILABLE',
      exit: 3,
      message: expect.stringContaining(`127.0.0.1:${unused}`),
    })
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
  })

  test('a wrong password is no trouble that passes', async () => {
    await expect(openRedisKeyValue({ url: `redis://:wrong@127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'REP_ENVIRONMENT',
    })
  })

  test('says its version', async () => {
    expect(await keyValue.serverVersion()).toMatch(/^\d+\.\d+/)
  })
})

function isUnavailable(error: unknown): boolean {
  expect(error).toMatchObject({ code: 'REP_STORE_UNAVAILABLE', retryable: true })
  return true
}

function isDown(error: unknown): boolean {
  return !isUnavailable(error)
}

function never(): boolean {
  return false
}

async function startRedis(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', 'secret']
  const server = spawn('redis-server', args, { cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  for await (const chunk of server.stdout!) {
    output += String(chunk)
    if (output.includes('Ready to accept connections')) break
  }
  return server
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return (address as { port: number }).port
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('The condition was not met within the tries.')
}
