/**
 * How fast a recorded clickstream is read and encoded, how much memory that takes for files of different
 * length, and how fast its tape is driven. Made-up rows; CPU time, since wall time depends on who else is
 * on the machine. Usage: node test/bench/replay.ts [rows]
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { EventBatch } from '../../src/load/event-batch.ts'
import { READ_DEFAULTS } from '../../src/load/replay/open-replay.ts'
import { REES46_COLUMNS } from '../../src/load/replay/rees46.ts'
import { ReplaySource } from '../../src/load/replay/replay-source.ts'
import { scanReplay } from '../../src/load/replay/scan-replay.ts'

const rows = Number(process.argv[2] ?? 200_000)
const directory = mkdtempSync(join(tmpdir(), 'rep-bench-replay-'))
const tapeFile = join(directory, 'tape')

try {
  for (const count of [rows, 4 * rows]) {
    const file = await writeRows(count)
    const before = process.cpuUsage()
    const scan = await scanReplay(file, {
      read: READ_DEFAULTS,
      order: 'time',
      seed: 1,
      tapeFile,
      rejectsFile: join(directory, 'rejects.jsonl'),
    })
    const scanUs = cpuUs(before) / scan.rows
    globalThis.gc?.()
    const heapMiB = process.memoryUsage().heapUsed / 2 ** 20
    const driveUs = drive()
    console.log(
      `${count} rows, ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB: scan ${scanUs.toFixed(2)} CPU µs/row, ` +
        `peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, heap ${heapMiB.toFixed(0)} MiB, ` +
        `drive ${driveUs.toFixed(2)} CPU µs/event`,
    )
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** CPU µs for each event of the tape, as a generator thread takes them. */
function drive(): number {
  const source = new ReplaySource(tapeFile, { kind: 'recorded', speed: 1e6 })
  const batch = new EventBatch(1024)
  const before = process.cpuUsage()
  let events = 0
  while (source.peekDueUs() !== Infinity) {
    batch.clear()
    events += source.fill(batch, Infinity)
  }
  return cpuUs(before) / events
}

function cpuUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** A day of a shop in the columns of REES46: 50,000 users, 20,000 products, whatever the number of rows. */
async function writeRows(count: number): Promise<string> {
  const file = join(directory, `${count}.csv`)
  const out = createWriteStream(file)
  out.write(`${REES46_COLUMNS.join(',')}\n`)
  for (let i = 0; i < count; i++) {
    const time = new Date(Date.UTC(2021, 2, 1) + Math.floor((i / count) * 86_400_000))
    const at = time.toISOString().slice(0, 19).replace('T', ' ')
    const user = (i * 7919) % 50_000
    const product = (i * 104_729) % 20_000
    out.write(
      `${at} UTC,view,${100_000 + product},20535650000${product % 90},home.kitchen.kettle,bolt,${product % 500}.99,` +
        `${500_000 + user},session-${user}-${i % 5}\n`,
    )
    if (out.writableNeedDrain) await new Promise<void>((resolve) => out.once('drain', () => resolve()))
  }
  out.end()
  await finished(out)
  return file
}
