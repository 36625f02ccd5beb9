import { type ProcessUsage, processUsage } from './process-usage.ts'
import type { ResourceFigures } from './run-record.ts'

/** How often memory is looked at: a higher peak between two looks is known from the kernel's own mark. */
const SAMPLE_MS = 250

export interface WatchedProcess {
  readonly name: string
  /** This process by default. */
  readonly pid?: number
}

/** CPU seconds that a thread had used at the beginning and at the end of the measured part. */
export interface ThreadUsage {
  readonly name: string
  readonly fromCpuSeconds: number
  readonly toCpuSeconds: number
}

/**
 * Watches the CPU time and the peak memory of processes, both from `start` to `stop`.
 */
export class ResourceWatch {
  readonly #processes: readonly Watched[]
  #timer: NodeJS.Timeout | null = null
  #startedMs = 0

  constructor(processes: readonly WatchedProcess[] = [{ name: 'rep' }]) {
    this.#processes = processes.map(({ name, pid }) => new Watched(name, pid ?? process.pid))
  }

  start(): void {
    this.#startedMs = performance.now()
    for (const watched of this.#processes) watched.start()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
    // Watching must not keep a finished process alive.
    this.#timer.unref()
  }

  /** The figures of the processes, then of the threads; a process that ended keeps its last known ones. */
  stop(threads: readonly ThreadUsage[] = []): readonly ResourceFigures[] {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#sample()
    const seconds = (performance.now() - this.#startedMs) / 1e3
    return [
      ...this.#processes.flatMap((watched) => watched.figures(seconds)),
      ...threads.map(threadFigures(seconds)),
    ]
  }

  #sample(): void {
    for (const watched of this.#processes) watched.sample()
  }
}

class Watched {
  readonly #name: string
  readonly #pid: number
  #first: ProcessUsage | null = null
  #last: ProcessUsage | null = null
  #peakRssBytes = 0
  #peakAnonBytes: number | null = null

  constructor(name: string, pid: number) {
    this.#name = name
    this.#pid = pid
  }

  start(): void {
    this.#first = null
    this.#last = null
    this.#peakRssBytes = 0
    this.#peakAnonBytes = null
    this.sample()
  }

  sample(): void {
    const usage = processUsage(this.#pid)
    if (usage === null) return
    this.#first ??= usage
    this.#last = usage
    this.#peakRssBytes = Math.max(this.#peakRssBytes, usage.rssBytes)
    if (usage.anonBytes !== null) this.#peakAnonBytes = Math.max(this.#peakAnonBytes ?? 0, usage.anonBytes)
  }

  /** None for a process that was never there. */
  figures(seconds: number): ResourceFigures[] {
    if (this.#first === null || this.#last === null) return []
    const cpuSeconds = this.#last.cpuSeconds - this.#first.cpuSeconds
    return [
      {
        name: this.#name,
        kind: 'process',
        cpuSeconds,
        cores: coresOf(cpuSeconds, seconds),
        peakRssBytes: this.#peakWithinWatch(),
        peakAnonBytes: this.#peakAnonBytes,
      },
    ]
  }

  /** A mark of the kernel that rose while watching is the exact peak; one from before says nothing of it. */
  #peakWithinWatch(): number {
    const before = this.#first?.peakRssBytes ?? null
    const after = this.#last?.peakRssBytes ?? null
    return before !== null && after !== null && after > before
      ? Math.max(after, this.#peakRssBytes)
      : this.#peakRssBytes
  }
}

function threadFigures(seconds: number) {
  return ({ name, fromCpuSeconds, toCpuSeconds }: ThreadUsage): ResourceFigures => {
    const cpuSeconds = toCpuSeconds - fromCpuSeconds
    const cores = coresOf(cpuSeconds, seconds)
    return { name, kind: 'thread', cpuSeconds, cores, peakRssBytes: null, peakAnonBytes: null }
  }
}

/** Cores used on average. */
export function coresOf(cpuSeconds: number, seconds: number): number {
  return seconds > 0 ? cpuSeconds / seconds : 0
}
