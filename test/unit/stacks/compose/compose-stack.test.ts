import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseMemory } from '../../../../src/stacks/compose/compose-memory.ts'
import { downCompose, imageVersions, upCompose } from '../../../../src/stacks/compose/compose-stack.ts'
import { composeObstacle } from '../../../../src/stacks/compose/docker.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-compose-'))
  vi.stubEnv('PATH', `${root}:${process.env.PATH}`)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

/** A docker that writes down how it was called, and answers by its arguments. */
function docker(cases: string): void {
  const script = `#!/bin/sh
echo "$REP_KAFKA_PORT $*" >> ${root}/calls
case "$*" in
${cases}
esac
`
  writeFileSync(join(root, 'docker'), script)
  chmodSync(join(root, 'docker'), 0o755)
}

const calls = (): string[] => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n')
const options = () => ({
  home: { root: join(root, 'home') },
  name: 'compose',
  settings: { portBase: 21_000 },
  log: () => undefined,
  signal: new AbortController().signal,
})

test('what is missing is told: engine, plugin', async () => {
  docker('version*) echo "Cannot connect to the engine" >&2; exit 1;;')
  expect(await composeObstacle()).toContain('Cannot connect to the engine')
  docker('version*) echo 29.0.0;; "compose version"*) exit 1;;')
  expect(await composeObstacle()).toBe('Docker has no compose plugin.')
  docker('version*) echo 29.0.0;; "compose version"*) echo 5.0.0;;')
  expect(await composeObstacle()).toBeNull()
  docker('version*) exit 1;;')
  await expect(upCompose(options())).rejects.toThrow('rep up --stack native')
})

test('up runs docker compose with the stack’s ports; its failure is told by its last lines', async () => {
  docker('*" up "*) echo "pulling"; echo "no space left" >&2; exit 17;;')
  const error = upCompose(options())
  await expect(error).rejects.toMatchObject({
    code: 'REP_ENVIRONMENT',
    details: ['pulling', 'no space left'],
  })
  const up = calls().find((call) => call.includes(' up '))
  expect(up).toMatch(/^21000 compose -f .*compose\.yaml -p rep --profile stack up --detach --wait/)
})

test('down tells what ran; volumes go only when asked', async () => {
  docker('*" ps "*) echo kafka; echo redis;;')
  expect(await downCompose({ ...options(), volumes: false })).toEqual(['kafka', 'redis'])
  expect(calls().at(-1)).toMatch(/ down --remove-orphans$/)
  expect(await downCompose({ ...options(), name: 'second', volumes: true })).toEqual(['kafka', 'redis'])
  expect(calls().at(-1)).toMatch(/-p rep-second .*down --remove-orphans --volumes$/)
  expect(existsSync(join(root, 'home/stacks/second'))).toBe(false)
})

test('versions are those of the images', () => {
  expect(imageVersions().kafka).toMatch(/^4\.\d+\.\d+$/)
  expect(imageVersions().elasticsearch).toMatch(/^9\.\d+\.\d+$/)
})

test('memory is that of the project’s containers', () => {
  const text =
    'rep-kafka-1\t512.5MiB / 1.25GiB\nrep-second-kafka-1\t9GiB / 9GiB\nother-redis-1\t1MiB / 1MiB\nrep-redis-1\t900KiB / 1GiB'
  expect([...parseMemory(text, 'rep')]).toEqual([
    ['kafka', 512.5 * 2 ** 20],
    ['redis', 900 * 2 ** 10],
  ])
})
