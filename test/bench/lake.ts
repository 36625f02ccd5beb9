import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogueOf } from '../../src/app/catalogue.ts'
import { compactLake } from '../../src/app/lake/compact-lake.ts'
import { listLake } from '../../src/app/lake/list-lake.ts'
import { loadScenario } from '../../src/config/load-scenario.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { ActionSource } from '../../src/load/action-source.ts'
import { EventBatch } from '../../src/load/event-batch.ts'
import { WHOLE } from '../../src/load/event-source.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { openLakeStage } from '../../src/stages/lake/lake-stage.ts'
import type { StageContext } from '../../src/stages/stage.ts'

// The lake stage on what the scenario clickstream sends, worked off as fast as it goes from the embedded log into a
// directory: events a second of one core, CPU an event, bytes a row; then a merge. Run: node test/bench/lake.ts
const EVENTS = 600_000
const BATCH = 2000

const set = [`load.actions.phases=[{shape: constant, duration: ${EVENTS / 10_000}s}]`]
const scenario = await loadScenario('clickstream', { tps: 10_000, set }, {})

async function fill(stack: Stack): Promise<number> {
  await stack.log.ensureTopics(TOPICS)
  const products = await catalogueOf({ scenario, source: { kind: 'generated' } })
  const source = new ActionSource(scenario, { products, shard: WHOLE })
  let events = 0
  while (events < EVENTS && source.peekDueUs() !== Number.POSITIVE_INFINITY) {
    const batch = new EventBatch(BATCH)
    while (!batch.full && source.peekDueUs() !== Number.POSITIVE_INFINITY)
      source.fill(batch, source.peekDueUs())
    await stack.log.append(USER_ACTION, batch.records)
    events += batch.count
  }
  return events
}

async function workOff(stack: Stack, events: number, where: string): Promise<void> {
  const context: StageContext = {
    stack,
    observer: { done: () => undefined, known: () => undefined },
    log: console.error,
  }
  const lake = { ...scenario.pipeline.lake, enabled: true, where, rollAgeMs: 3_600_000 }
  const { stage, consumer } = await openLakeStage(context, { lake })
  const cpu = process.cpuUsage()
  const began = performance.now()
  for (;;) {
    const batch = await consumer.poll(0)
    if (batch.length > 0) await stage.handle(batch)
    else if (stage.counters.in >= events) break
  }
  await stage.close()
  const seconds = (performance.now() - began) / 1e3
  const { user, system } = process.cpuUsage(cpu)
  await consumer.close()
  if (stage.counters.out !== events) throw new Error(`lake: ${JSON.stringify(stage.counters)}`)
  const cpuUs = (user + system) / events
  console.log(
    `${events.toLocaleString('en-US')} events: ${Math.round(events / seconds).toLocaleString('en-US')}/s, ` +
      `${cpuUs.toFixed(2)} µs CPU an event, that is ${Math.round(1e6 / cpuUs).toLocaleString('en-US')}/s of a core`,
  )
}

const directory = mkdtempSync(join(tmpdir(), 'rep-bench-lake-'))
const stack = await openEmbeddedStack({ dataDir: join(directory, 'stack'), dims: 2 })
const store = await stack.openObjects(join(directory, 'lake'))
try {
  await workOff(stack, await fill(stack), join(directory, 'lake'))
  const { files, rows, bytes } = await listLake(store)
  console.log(`${files} files, ${(bytes / rows).toFixed(1)} bytes a row`)
  const cpu = process.cpuUsage()
  const merged = await compactLake(store)
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    `merged into ${merged.filesAfter} files, ${(merged.bytesAfter / rows).toFixed(1)} bytes a row, ` +
      `${((user + system) / rows).toFixed(2)} µs CPU a row`,
  )
} finally {
  await store.close()
  await stack.close()
  rmSync(directory, { recursive: true })
}
