import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { status } from '../../src/app/status.ts'
import { USER_BEHAVIOR_INDEX } from '../../src/domain/indexes.ts'
import { USER_ACTION } from '../../src/domain/topics.ts'
import type { RunRecord } from '../../src/measure/run-record.ts'
import { modelsRun } from '../fixtures/embedder/models-run.ts'
import { writeTinyModel } from '../fixtures/embedder/tiny-model.ts'
import { NATIVE_LIMIT_MS as LIMIT_MS, live, NativeStack, nativeRuns } from '../fixtures/native-stack.ts'
import { RepProcess } from '../fixtures/rep-process.ts'

const SMALL = ['reads.tps=0', 'canaries.tps=2', 'inventory.tps=2']

const heaps = { kafkaHeapMb: 256, elasticsearchHeapMb: 512, registryHeapMb: 192 }
const stack = new NativeStack('crew', { portBase: 27_130, ...heaps })
const processes: RepProcess[] = []
const start = (...args: string[]): RepProcess => {
  const started = new RepProcess([...args, '--stack', stack.name, '--data-dir', stack.root], stack.root)
  processes.push(started)
  return started
}
const simulate = (durationSeconds: number, pipeline: string, ...more: string[]): RepProcess =>
  start(
    ...['simulate', '--tps', '300', '--users', '300', '--duration', `${durationSeconds}s`, '--json'],
    ...['--pipeline', pipeline, '--set', 'catalogue.products=300', '--set', 'drain=120s'],
    ...SMALL.flatMap((override) => ['--set', `load.${override}`]),
    ...more,
  )
const worker = async (): Promise<RepProcess> => {
  const started = start('work')
  await started.says(/^Ready: behavior, preference, .* on stack crew/m)
  return started
}

beforeAll(async () => {
  if (nativeRuns) await stack.start()
}, LIMIT_MS)
afterAll(async () => {
  await Promise.all(processes.map((started) => started.kill('SIGKILL')))
  await stack.remove()
}, LIMIT_MS)

/** The record of a run whose books are in order. */
async function cleanRecord(run: RepProcess, partial = false): Promise<RunRecord> {
  const exit = await run.ended
  // A slow machine may miss an objective or the schedule; anything else is a fault.
  expect(partial ? [130] : [0, 6, 99], run.output).toContain(exit)
  const record = JSON.parse(run.stdout) as RunRecord
  const { lost, duplicated, reordered, unseen, clean, processed, acknowledged } = record.ledger
  expect({ lost, duplicated, reordered, unseen, clean }, JSON.stringify(record.ledger.examples)).toEqual({
    lost: 0,
    duplicated: 0,
    reordered: 0,
    unseen: 0,
    clean: true,
  })
  expect(processed).toBe(acknowledged)
  if (!partial) expect(record.load.sent).toBe(record.load.offered)
  for (const stage of record.conservation) expect(stage.balanced, JSON.stringify(stage)).toBe(true)
  await sameCounts()
  return record
}

/** Kafka and Elasticsearch, asked themselves: every action is one document. */
async function sameCounts(): Promise<void> {
  for (;;) {
    const { kafka, indices } = await status(stack, stack.name)
    const records = kafka?.topics.find(({ name }) => name === USER_ACTION)?.records
    const index = indices?.find(({ name }) => name.startsWith(USER_BEHAVIOR_INDEX))
    // Counts follow a refresh, about a second later.
    if (records !== undefined && records > 0 && index?.documents === records) return
    await sleep(250)
  }
}

/** Records that a worker handled, of all its notes: on a slow machine it may have had to join twice. */
function handledBy(record: RunRecord, { pid }: RepProcess): number {
  let handled = 0
  for (const note of record.notes) {
    if (note.startsWith(`rep work ${pid} handled`))
      handled += Number(/behavior (\d+) records/.exec(note)?.[1] ?? 0)
  }
  return handled
}

let first: RepProcess
let second: RepProcess

live('a lab without workers says which command starts them', { timeout: LIMIT_MS }, async () => {
  const run = simulate(12, 'workers')
  expect(await run.ended).toBe(3)
  expect(run.output).toContain('start rep work --stages behavior,preference,')
})

live('two workers share a run; both have handled records', { timeout: LIMIT_MS }, async () => {
  ;[first, second] = await Promise.all([worker(), worker()])
  const record = await cleanRecord(simulate(12, 'workers'))
  for (const one of [first, second]) {
    await one.says(new RegExp(`Left run ${record.id}`))
    expect(handledBy(record, one)).toBeGreaterThan(0)
    const used = record.resources.find(({ name }) => name === `rep work ${one.pid}`)
    expect(used?.kind).toBe('process')
    expect(used?.cpuSeconds).toBeGreaterThan(0)
    expect(used?.peakRssBytes).toBeGreaterThan(2 ** 20)
  }
  for (const name of ['index', 'preference'] as const)
    expect(record.stages[name]?.count).toBeGreaterThanOrEqual(record.load.offered)
  expect(record.resources.filter(({ name }) => name === 'rep/behavior')).toEqual([])
})

const embeds = test.skipIf(!nativeRuns || !modelsRun())
embeds('workers embed with the model of the run', { timeout: LIMIT_MS }, async () => {
  writeTinyModel(stack.root)
  const model = ['--embedder', 'transformers', '--model', 'tiny-bert', '--model-path', stack.root]
  const run = simulate(8, 'workers', ...model)
  const record = await cleanRecord(run)
  expect(handledBy(record, first) + handledBy(record, second)).toBeGreaterThan(0)
  expect(record.stages.preference?.count).toBeGreaterThanOrEqual(record.load.offered)
  const notes = record.notes.join('\n')
  expect(notes).toContain('Vectors come from tiny-bert (q8, int8 products)')
  // Nor did a worker have to hash in the model's place.
  expect(notes).not.toContain('did not answer')
})

live('one of two is killed in the middle of the next run', { timeout: LIMIT_MS }, async () => {
  const run = simulate(12, 'workers')
  await run.says(/constant \|/)
  await second.kill('SIGKILL')
  const record = await cleanRecord(run)
  expect(run.stderr).toContain(`rep work ${second.pid} is lost`)
  expect(handledBy(record, first)).toBeGreaterThan(0)
  expect(
    record.notes.some((note) => note.includes(`rep work ${second.pid}`) && /lost before/.test(note)),
  ).toBe(true)
})

live('beside the lab’s threads one is added and one leaves', { timeout: LIMIT_MS }, async () => {
  const leaving = await worker()
  // As long as it takes: it is interrupted when both have happened.
  const run = simulate(600, 'threads')
  await leaving.says(/behavior: partitions \d/)
  await run.says(/constant \|/)
  const added = await worker()
  await added.says(/behavior: partitions \d/)
  expect(await leaving.kill('SIGTERM')).toBe(0)
  expect(leaving.output).toMatch(/Stopping: settling[\s\S]*Left run .*: handled[\s\S]*Stopped\./)
  await run.says(new RegExp(`rep work ${leaving.pid} left`))
  run.kill('SIGINT')
  const record = await cleanRecord(run, true)
  expect(record.partial).toBe(true)
  expect(handledBy(record, leaving)).toBeGreaterThan(0)
  expect(handledBy(record, added), `${record.notes.join('\n')}\n${added.output}`).toBeGreaterThan(0)
  expect(await added.kill('SIGINT')).toBe(0)
})
