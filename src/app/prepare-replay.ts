import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Scenario } from '../config/scenario.ts'
import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import { type ReplayTiming, tapeSchedule } from '../load/replay/replay-schedule.ts'
import { type ReplayScan, type ScanOptions, scanReplay } from '../load/replay/scan-replay.ts'
import type { ReplayPlan } from './lab-plan.ts'
import { openLakeReplay } from './lake/replay-lake.ts'
import { withLakeAt } from './lake/with-lake.ts'
import { countOffered } from './offered.ts'
import { writeProducts } from './product-file.ts'
import { replayNotes } from './replay-notes.ts'
import type { ReplayWish } from './replay-wish.ts'

export interface ReplayPlaces {
  /** Of the run: `rejects.jsonl` goes here. */
  readonly directory: string
  readonly signal: AbortSignal
  /** Told now and then how far a long file has been read. */
  log(line: string): void
}

export interface PreparedReplay {
  readonly scenario: Scenario
  readonly source: ReplayPlan
  /** Removes what only the run needed. */
  dispose(): Promise<void>
}

/** Shorter runs have no rate to speak of. */
const LEAST_MS = 1000
const PROGRESS_US = 5e6

/**
 * Reads a recorded clickstream and makes the run of it: its users, its products, its schedule. Throws
 * REP_INPUT where nothing can be read; nothing is left in the run's directory then.
 */
export async function prepareReplay(
  base: Scenario,
  wish: ReplayWish,
  { directory, signal, log }: ReplayPlaces,
): Promise<PreparedReplay> {
  if (base.load.through === 'collector') {
    const message =
      'A replay sends recorded events to the event log: load.through: collector does not go with it.'
    throw new RepError('REP_USAGE', message)
  }
  const work = join(directory, 'replay')
  const tapeFile = join(work, 'actions.tape')
  const catalogueFile = join(work, 'catalogue.jsonl')
  await mkdir(work, { recursive: true })
  try {
    const options: ScanOptions = {
      read: wish.read,
      order: wish.speed === null ? 'file' : 'time',
      seed: base.seed,
      tapeFile,
      rejectsFile: join(directory, 'rejects.jsonl'),
      signal,
      onProgress: progressLine(wish.file, log),
    }
    const scan = wish.isLake ? await scanLake(wish, options) : await scanReplay(wish.file, options)
    if (scan.products.length === 0) {
      throw new RepError('REP_INPUT', `${basename(wish.file)} mentions no product: nothing to recommend.`)
    }
    await writeProducts(catalogueFile, scan.products)
    const timing = timingOf(base, wish.speed)
    const { offered, lastDueUs } = walk(tapeFile, timing, base.warmupMs)
    const source: ReplayPlan = {
      kind: 'replay',
      tapeFile,
      catalogueFile,
      timing,
      offered,
      readers: scan.readers,
      input: { file: basename(wish.file), rows: scan.rows, rejected: scan.rejected },
      notes: replayNotes(wish, scan),
    }
    const scenario = scenarioOf(base, scan, { timing, lastDueUs })
    return { scenario, source, dispose: () => rm(work, { recursive: true, force: true }) }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function scanLake({ file }: ReplayWish, options: ScanOptions): Promise<ReplayScan> {
  return withLakeAt(file, (store) => scanReplay(file, { ...options, reader: openLakeReplay(store) }))
}

/** A line every few seconds: a file of tens of GB takes minutes. */
function progressLine(file: string, log: (line: string) => void): (rows: number) => void {
  let nextUs = nowUs() + PROGRESS_US
  return (rows) => {
    if (nowUs() < nextUs) return
    nextUs = nowUs() + PROGRESS_US
    log(`reading ${basename(file)}: ${rows.toLocaleString('en-US')} rows so far`)
  }
}

function timingOf({ load, seed, warmupMs }: Scenario, speed: number | null): ReplayTiming {
  if (speed !== null) return { kind: 'recorded', speed }
  const { tps, arrival } = load.actions
  return { kind: 'rate', tps, arrival, seed, warmupMs }
}

function walk(tapeFile: string, timing: ReplayTiming, warmupMs: number) {
  const schedule = tapeSchedule(tapeFile, timing, warmupMs)
  let lastDueUs = 0
  const offered = countOffered({
    measuredFromUs: schedule.measuredFromUs,
    next: () => {
      const dueUs = schedule.next()
      if (dueUs !== Infinity) lastDueUs = dueUs
      return dueUs
    },
  })
  return { offered, lastDueUs }
}

/** The base with what the file decides: when it begins, how long it lasts, who acts, what there is. */
function scenarioOf(
  base: Scenario,
  scan: ReplayScan,
  { timing, lastDueUs }: { timing: ReplayTiming; lastDueUs: number },
): Scenario {
  const meanMs = timing.kind === 'rate' ? (scan.readable / timing.tps) * 1e3 : 0
  const wholeMs = Math.ceil(Math.max(LEAST_MS, lastDueUs / 1e3 + 1, meanMs))
  if (wholeMs <= base.warmupMs) {
    throw new RepError(
      'REP_USAGE',
      `The replay lasts ${wholeMs / 1e3} s: nothing is left after ${base.warmupMs / 1e3} s of warm-up.`,
    )
  }
  const tps = timing.kind === 'rate' ? timing.tps : (scan.readable / wholeMs) * 1e3
  const phases = [{ shape: 'constant', durationMs: wholeMs - base.warmupMs, rate: 1 }] as const
  const categories = new Set(scan.products.map(({ category }) => category)).size
  return {
    ...base,
    startsAtMs: scan.firstMs,
    load: { ...base.load, actions: { ...base.load.actions, tps, phases } },
    users: { ...base.users, count: scan.users, coldShare: 1, hotShare: 0, dayParting: null },
    catalogue: { ...base.catalogue, products: scan.products.length, categories, file: null },
  }
}
