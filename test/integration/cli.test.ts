import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadScenario } from '../../src/config/load-scenario.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { generateCatalogue } from '../../src/load/catalogue.ts'
import { listEvents } from '../../src/load/list-events.ts'
import type { RunRecord } from '../../src/measure/run-record.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { appendDeadLetters, deadLetterRecord } from '../../src/stages/dead-letter.ts'
import { rep } from '../fixtures/rep-cli.ts'

const SMALL = ['--set', 'catalogue.products=200', '--users', '500', '--set', 'warmup=500ms']
/** A run ended as it should, whatever a slow machine made of its latencies. */
const RAN = [0, 6, 99]

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rep-cli-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

test('rep simulate writes every report, and the log holds the very bytes that rep events prints', async () => {
  const load = ['--tps', '300', '--duration', '2s', '--seed', '7', ...SMALL]
  const { status, stdout, stderr } = await rep(['simulate', ...load, '--json'], { cwd })
  expect(RAN, stderr).toContain(status)
  const record = JSON.parse(stdout) as RunRecord
  expect(record.ledger).toMatchObject({ clean: true, lost: 0, failed: 0 })
  expect(record.ledger.processed).toBe(record.ledger.acknowledged)
  for (const stage of record.conservation) expect(stage).toMatchObject({ balanced: true, inFlight: 0 })
  const files = await readdir(join(cwd, '.rep/runs', record.id))
  for (const name of ['run.json', 'report.html', 'junit.xml', 'summary.md', 'latency.hlog', 'ack.hgrm']) {
    expect(files).toContain(name)
  }
  expect(JSON.parse(await readFile(join(cwd, '.rep/runs', record.id, 'run.json'), 'utf8'))).toEqual(record)

  const scenario = await loadScenario(
    'baseline',
    { tps: 300, durationMs: 2000, seed: 7, users: 500, set: ['catalogue.products=200', 'warmup=500ms'] },
    {},
  )
  const products = generateCatalogue(scenario.catalogue, scenario.seed)
  const expected = [...listEvents(scenario, { products })].filter(({ topic }) => topic === USER_ACTION)
  const stack = await openEmbeddedStack({ dataDir: join(cwd, '.rep/embedded'), dims: 384 })
  const values = new Set<string>()
  for (const { topic, partition, earliest, latest } of await stack.log.offsets(USER_ACTION)) {
    for (const { value } of await stack.log.read({ topic, partition, offset: earliest }, latest - earliest)) {
      values.add(Buffer.from(value).toString('hex'))
    }
  }
  await stack.close()
  expect(expected.length).toBe(record.load.offered + record.load.warmup)
  for (const { bytes } of expected) expect(values).toContain(Buffer.from(bytes).toString('hex'))
})

test('an interrupt drains, writes a partial report and exits with 130', async () => {
  let interrupted = false
  const { status, stderr } = await rep(['simulate', '--tps', '300', '--duration', '60s', ...SMALL], {
    cwd,
    onOutput: (text, child) => {
      // The first line of the live view: the load is on.
      if (interrupted || !/constant|warm-up/.test(text)) return
      interrupted = true
      child.kill('SIGINT')
    },
  })
  expect(status, stderr).toBe(130)
  const [id] = await readdir(join(cwd, '.rep/runs'))
  const record = JSON.parse(await readFile(join(cwd, '.rep/runs', id!, 'run.json'), 'utf8')) as RunRecord
  expect(record).toMatchObject({ partial: true, ledger: { clean: true } })
  expect(record.load.sent).toBeLessThan(record.load.offered)
  expect(existsSync(join(cwd, '.rep/embedded.lock'))).toBe(false)
})

test('events are the same byte for byte for the same seed, and others for another', async () => {
  const print = async (seed: string) => {
    const { status, stdout } = await rep(['events', '--seed', seed, '--count', '500'], { cwd })
    expect(status).toBe(0)
    return stdout
  }
  const [first, again, other] = await Promise.all([print('7'), print('7'), print('8')])
  expect(again).toBe(first)
  expect(other).not.toBe(first)
  expect(first.trim().split('\n')).toHaveLength(500)
})

test('a misspelt command or flag is answered with the one that was probably meant', async () => {
  const command = await rep(['simulat'], { cwd })
  expect([command.status, command.stderr]).toEqual([2, expect.stringContaining('did you mean “simulate”?')])
  const flag = await rep(['simulate', '--tsp', '1'], { cwd })
  expect([flag.status, flag.stderr]).toEqual([2, expect.stringContaining('did you mean --tps?')])
})

test.each([
  ['an unknown flag', ['simulate', '--tsp', '1']],
  ['an unknown command', ['simulat']],
  ['an unknown scenario', ['simulate', 'basline']],
  ['a value that is no rate', ['simulate', '--tps', 'many']],
  ['an unknown run', ['report', 'show', 'nothing']],
])('%s exits with 2, also under --json', async (_name, args) => {
  const plain = await rep(args, { cwd })
  expect(plain.status, plain.stderr).toBe(2)
  expect(plain.stderr).not.toBe('')
  const json = await rep([...args, '--json'], { cwd })
  expect(json.status).toBe(2)
  expect(JSON.parse(json.stdout)).toHaveProperty('error.code')
})

test('every fault of a scenario file is listed at its place', async () => {
  await writeFile(
    join(cwd, 'mine.yaml'),
    'warmpu: 3s\nload:\n  actions: { tps: -5 }\nobjectives: [freshness p99 < 1 parsec]\n',
  )
  const { status, stderr } = await rep(['simulate', './mine.yaml'], { cwd })
  expect(status).toBe(2)
  expect(stderr).toMatch(/mine\.yaml:1:1.*warmup/)
  expect(stderr).toMatch(/mine\.yaml:3:\d+/)
  expect(stderr).toMatch(/mine\.yaml:4:\d+/)
})

test('a second run in the same directory is told who holds the stack', async () => {
  let second: ReturnType<typeof rep> | null = null
  const first = rep(['simulate', '--tps', '200', '--duration', '20s', ...SMALL], {
    cwd,
    onOutput: (text, child) => {
      if (second !== null || !/constant|warm-up/.test(text)) return
      second = rep(['simulate', '--tps', '200', '--duration', '1s', ...SMALL], { cwd })
      void second.then(() => child.kill('SIGTERM'))
    },
  })
  await first
  const { status, stderr } = await second!
  expect(status, stderr).toBe(3)
  expect(stderr).toMatch(/process \d+ is using the embedded stack of/)
})

test('a dead letter is listed, shown, and appended again by its id or with all others', async () => {
  const stack = await openEmbeddedStack({ dataDir: join(cwd, '.rep/embedded'), dims: 4 })
  await stack.log.ensureTopics(TOPICS)
  const bad = { key: Buffer.from('user-1'), value: Buffer.from('not avro'), dueUs: 7, headers: {} }
  const { partitions, offsets } = await stack.log.append(USER_ACTION, [bad])
  const place = { topic: USER_ACTION, partition: partitions[0]!, offset: offsets[0]! }
  const [stored] = await stack.log.read(place, 1)
  await appendDeadLetters(stack.log, USER_ACTION, [deadLetterRecord(stored!, 'behavior', 'no magic byte')])
  await stack.close()

  const [{ id }] = JSON.parse((await rep(['dlq', 'list', '--json'], { cwd })).stdout) as [{ id: string }]
  const shown = JSON.parse((await rep(['dlq', 'show', id, '--json'], { cwd })).stdout) as unknown
  expect(shown).toMatchObject({ id, reason: 'no magic byte', event: null, key: 'user-1' })
  for (const which of [[id], ['--all']]) {
    const { status, stdout, stderr } = await rep(['dlq', 'replay', ...which], { cwd })
    expect(status, stderr).toBe(0)
    expect(stdout).toContain('Replayed 1 dead letter.')
  }
  expect((await rep(['dlq', 'replay'], { cwd })).status).toBe(2)
})
