import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLmdbEventLog } from '../../src/drivers/event-log/lmdb.ts'
import { type LmdbEnvironment, openLmdbEnvironment } from '../../src/drivers/lmdb-environment.ts'
import { openBinaryKeyed } from '../../src/drivers/lmdb-keys.ts'
import type { LogRecord } from '../../src/ports/event-log.ts'

// Throughput and CPU of the LMDB event log, for 200 B records over 12 partitions, beside what LMDB itself
// costs: the same bytes put as one value a batch, and read back with a cursor. Run: node test/bench/event-log.ts
const RECORDS = 200_000
const VALUE_BYTES = 200
const topic = 'user.action.v1'

interface Cost {
  readonly recordsPerSecond: number
  readonly cpuUsPerRecord: number
}

async function measure(work: () => void | Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await work()
  const seconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { recordsPerSecond: RECORDS / seconds, cpuUsPerRecord: (user + system) / RECORDS }
}

function makeBatches(size: number): LogRecord[][] {
  const keys = Array.from({ length: 10_000 }, (_, i) => Buffer.from(`user-${i}`))
  return Array.from({ length: RECORDS / size }, (_, b) =>
    Array.from({ length: size }, (_, i) => ({
      key: keys[(b * size + i * 7919) % keys.length]!,
      value: Buffer.alloc(VALUE_BYTES, i),
      dueUs: b * 1000 + i,
    })),
  )
}

async function withEnvironment<T>(
  use: (environment: LmdbEnvironment, dir: string) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'rep-bench-log-'))
  const environment = openLmdbEnvironment(dir)
  try {
    return await use(environment, dir)
  } finally {
    await environment.close()
    rmSync(dir, { recursive: true })
  }
}

async function benchLog(batches: LogRecord[][]) {
  return withEnvironment(async (environment, dir) => {
    const log = openLmdbEventLog(environment)
    await log.ensureTopics([{ name: topic, partitions: 12 }])
    const append = await measure(async () => {
      for (const batch of batches) await log.append(topic, batch)
    })
    const consumer = await log.consume({ group: 'bench', topics: [topic], maxRecords: 500 })
    const poll = await measure(async () => {
      for (let seen = 0; seen < RECORDS; ) seen += (await consumer.poll(1000)).length
    })
    await log.close()
    return { append, poll, fileMb: sizeMb(join(dir, 'log')) }
  })
}

async function benchRaw(batches: LogRecord[][]) {
  return withEnvironment(async ({ log }) => {
    const frames = openBinaryKeyed(log, 'raw')
    const value = Buffer.alloc(batches[0]!.length * (VALUE_BYTES + 30), 7)
    const key = Buffer.alloc(8)
    const put = await measure(() => {
      for (let i = 0; i < batches.length; i++) {
        key.writeBigUInt64BE(BigInt(i))
        log.transact(() => frames.putSync(key, value))
      }
    })
    const get = await measure(() => {
      for (const entry of frames.getRange()) if (entry.value.length !== value.length) throw new Error('lost')
    })
    return { put, get }
  })
}

const sizeMb = (dir: string) =>
  readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).blocks * 512, 0) / 1e6

const cell = ({ recordsPerSecond, cpuUsPerRecord }: Cost) =>
  `${(recordsPerSecond / 1000).toFixed(0)}k/s ${cpuUsPerRecord.toFixed(2)} us`.padStart(20)

console.log(
  'batch'.padStart(6) + ['append', 'raw put', 'poll', 'raw scan'].map((h) => h.padStart(20)).join(''),
)
await benchLog(makeBatches(100)) // Warm-up: compiles both paths.
for (const size of [10, 100, 500]) {
  const batches = makeBatches(size)
  const raw = await benchRaw(batches)
  const { append, poll, fileMb } = await benchLog(batches)
  const cells = [append, raw.put, poll, raw.get].map(cell).join('')
  const rssMb = (process.memoryUsage.rss() / 1e6).toFixed(0)
  console.log(`${String(size).padStart(6)}${cells}  file ${fileMb.toFixed(0)} MB, rss ${rssMb} MB`)
}
