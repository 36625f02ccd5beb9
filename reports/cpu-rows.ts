import type { ResourceFigures, RunRecord } from '../src/measure/run-record.ts'

/** One line of the table that shows where the CPU time goes. */
export interface CpuRow {
  readonly name: string
  /** `sum`: of the processes of one side, or of all. */
  readonly kind: 'sum' | 'process' | 'thread'
  readonly cpuSeconds: number
  /** CPU seconds per 10,000 acknowledged events; null where there is none. */
  readonly perTenThousand: number | null
  /** Of the CPU time of all processes, 0 to 1. */
  readonly share: number
  readonly cores: number
  /** Null for threads. Of a sum: the sum of the peaks, which need not have come at the same time. */
  readonly peakRssBytes: number | null
  readonly peakAnonBytes: number | null
}

/** Processes that rep only drives; every other one is rep's own. */
const SERVICES: ReadonlySet<string> = new Set(['kafka', 'registry', 'elasticsearch', 'redis', 'postgres'])
const EVENTS = 10_000
/** Less is the error of measuring threads and their process at different moments. */
const REMAINDER_SECONDS = 0.05

/**
 * rep's processes with their threads, then the services, each side the most expensive first; sums where there is
 * something to add. Threads that report nothing of their own (main, the collector of garbage) are one line.
 */
export function cpuRows(record: RunRecord): readonly CpuRow[] {
  const { resources, ledger } = record
  const processes = resources.filter(({ kind }) => kind === 'process').sort(mostFirst)
  const total = processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  const row = (figures: Figures, kind: CpuRow['kind']): CpuRow => ({
    ...figures,
    kind,
    perTenThousand: ledger.acknowledged === 0 ? null : (figures.cpuSeconds * EVENTS) / ledger.acknowledged,
    share: total === 0 ? 0 : figures.cpuSeconds / total,
  })
  const lines = (some: readonly ResourceFigures[]) =>
    some.flatMap((one) => [
      row(one, 'process'),
      ...threadsOf(one, resources).map((thread) => row(thread, 'thread')),
    ])
  const own = processes.filter(({ name }) => !SERVICES.has(name))
  const services = processes.filter(({ name }) => SERVICES.has(name))
  return [
    ...(own.length > 1 ? [row(sumOf('rep, all', own), 'sum')] : []),
    ...lines(own),
    ...(services.length > 1 ? [row(sumOf('services', services), 'sum')] : []),
    ...lines(services),
    ...(processes.length > 1 ? [row(sumOf('all', processes), 'sum')] : []),
  ]
}

type Figures = Omit<ResourceFigures, 'kind'>

function mostFirst(a: ResourceFigures, b: ResourceFigures): number {
  return b.cpuSeconds - a.cpuSeconds
}

/** Threads of a process are named `<process>/<thread>`. */
function threadsOf(process: ResourceFigures, resources: readonly ResourceFigures[]): readonly Figures[] {
  const prefix = `${process.name}/`
  const threads = resources
    .filter(({ name, kind }) => kind === 'thread' && name.startsWith(prefix))
    .map((thread) => ({ ...thread, name: thread.name.slice(prefix.length) }))
  if (threads.length === 0) return []
  const told = sumOf('', threads)
  const rest = process.cpuSeconds - told.cpuSeconds
  const others = { ...told, name: 'main and others', cpuSeconds: rest, cores: process.cores - told.cores }
  return [...threads, ...(rest > REMAINDER_SECONDS ? [others] : [])].sort(
    (a, b) => b.cpuSeconds - a.cpuSeconds,
  )
}

function sumOf(name: string, some: readonly Omit<ResourceFigures, 'kind'>[]): Figures {
  const add = (pick: (figures: Figures) => number | null): number | null =>
    some.some((figures) => pick(figures) === null)
      ? null
      : some.reduce((sum, figures) => sum + (pick(figures) ?? 0), 0)
  return {
    name,
    cpuSeconds: add(({ cpuSeconds }) => cpuSeconds) ?? 0,
    cores: add(({ cores }) => cores) ?? 0,
    peakRssBytes: add(({ peakRssBytes }) => peakRssBytes),
    peakAnonBytes: add(({ peakAnonBytes }) => peakAnonBytes),
  }
}
