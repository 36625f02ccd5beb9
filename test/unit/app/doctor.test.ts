import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkDataDirectory, checkNode } from '../../../src/app/doctor/host-checks.ts'
import { checkJava, checkMaven } from '../../../src/app/doctor/java-checks.ts'
import { checkNative, checkPeer } from '../../../src/app/doctor/package-checks.ts'
import { checkDocker, checkPostgres, checkRedis } from '../../../src/app/doctor/service-checks.ts'
import { runDoctor } from '../../../src/app/doctor.ts'
import { atLeast, run } from '../../../src/kernel/probe.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-doctor-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true, force: true })
})

function program(name: string, body: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`)
  chmodSync(join(directory, name), 0o755)
}

test('every check says what it found and what that unlocks, and what is not right says what to do', async () => {
  const report = await runDoctor({ dataDir: directory })
  expect(report.ready).toBe(true)
  expect(report.checks.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'node',
      'lmdb',
      'usearch',
      'data-dir',
      'docker',
      'java',
      'maven',
      'redis',
      'postgres',
    ]),
  )
  for (const { detail, unlocks, remedy, status } of report.checks) {
    expect(detail).not.toBe('')
    expect(unlocks).not.toBe('')
    expect(remedy === null).toBe(status === 'found')
  }
})

test.each([
  ['22.19.0', '22.19.0', true],
  ['24.0.0', '22.19.0', true],
  ['22.18.9', '22.19.0', false],
  ['17.0.15+6', '17', true],
  ['1.8.0_402', '17', false],
])('%s against %s', (given, wanted, enough) => expect(atLeast(given, wanted)).toBe(enough))

test('an old Node is unusable', () => {
  expect(checkNode('22.19.0', '20.1.0')).toMatchObject({ status: 'unusable', version: '20.1.0' })
  expect(checkNode('22.19.0', '22.19.1')).toMatchObject({ status: 'found' })
})

test('a data directory that does not exist yet is judged by where it would be made', async () => {
  expect(await checkDataDirectory(join(directory, 'a/b'))).toMatchObject({ id: 'data-dir', need: 'required' })
  expect((await checkDataDirectory(join(directory, 'a/b'))).status).not.toBe('missing')
})

test('a package that is not there is missing; one that is there and native loads', async () => {
  const subject = { title: 'x', unlocks: 'y' }
  expect(await checkNative('no-such-package', subject)).toMatchObject({ status: 'missing', need: 'required' })
  expect(await checkNative('lmdb', subject)).toMatchObject({
    status: 'found',
    version: expect.stringMatching(/^\d/),
  })
  expect(checkPeer('no-such-package', subject)).toMatchObject({ status: 'missing', need: 'optional' })
})

test('the newest Java counts, wherever it is, read from its release file', async () => {
  mkdirSync(join(directory, 'home/bin'), { recursive: true })
  writeFileSync(join(directory, 'home/bin/java'), '')
  writeFileSync(join(directory, 'home/release'), 'IMPLEMENTOR="x"\nJAVA_VERSION="99.0.1"\n')
  vi.stubEnv('REP_JAVA_HOME', join(directory, 'home'))
  expect(await checkJava()).toMatchObject({ status: 'found', version: '99.0.1' })
})

test('programs are found on the PATH and asked for their version; a broken one is unusable', async () => {
  vi.stubEnv('PATH', directory)
  expect(await checkRedis()).toMatchObject({ status: 'missing' })
  expect(checkMaven()).toMatchObject({ status: 'missing' })
  program('redis-server', 'echo "Redis server v=7.9.1 sha=0"')
  program('postgres', 'echo "postgres (PostgreSQL) 18.2"')
  program('initdb', 'exit 0')
  expect(await checkRedis()).toMatchObject({ status: 'found', version: '7.9.1' })
  expect(await checkPostgres()).toMatchObject({ status: 'found', version: '18.2' })
  program('redis-server', 'echo "libssl.so not found" >&2; exit 127')
  expect(await checkRedis()).toMatchObject({ status: 'unusable', detail: expect.stringContaining('libssl') })
})

test('a program that hangs is ended', async () => {
  expect(await run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], 200)).toMatchObject({
    ok: false,
    timedOut: true,
  })
})

test('a Docker engine is asked on its socket; one that does not answer is unusable', async () => {
  const socket = join(directory, 'docker.sock')
  const engine = createServer((request, response) => {
    response.statusCode = request.url === '/version' ? 200 : 404
    response.end('{"Version":"29.1.0","ApiVersion":"1.52"}')
  })
  await new Promise<void>((resolve) => engine.listen(socket, resolve))
  vi.stubEnv('DOCKER_HOST', `unix://${socket}`)
  expect(await checkDocker()).toMatchObject({ status: 'found', version: '29.1.0' })
  await new Promise((resolve) => engine.close(resolve))
  writeFileSync(socket, '')
  expect(await checkDocker()).toMatchObject({ status: 'unusable' })
})
