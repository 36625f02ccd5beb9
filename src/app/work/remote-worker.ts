import type { LatencyRecorder } from '../../measure/latency-recorder.ts'
import type { LedgerBuffers, StreamAccount } from '../../measure/ledger.ts'
import { type EffectAccount, LedgerWriter } from '../../measure/ledger-writer.ts'
import { coresOf } from '../../measure/resources.ts'
import type { ResourceFigures } from '../../measure/run-record.ts'
import type { StageCounters, StageMeasure } from '../../stages/stage.ts'
import type { LabProgress } from '../lab-plan.ts'
import type { StageName } from '../stage-table.ts'
import type { Hello } from './agreement.ts'
import { type Observation, readRows, readTold, type ToldHead } from './told.ts'

export interface RemoteWorkerOptions {
  readonly hello: Hello
  readonly name: string
  readonly ledger: LedgerBuffers
  /** Made when the run's due time 0 is known, which is before there is anything to record. */
  readonly recorder: () => LatencyRecorder
  /** Told how many more texts the embedding service did not answer. */
  readonly onFallback: (texts: number) => void
}

/** A worker process as its lab sees it: puts what it tells into the ledger and the histograms. */
export class RemoteWorker {
  readonly name: string
  readonly stages: readonly StageName[]
  /** Number of the last frame taken. */
  lastTold = 0
  /** It has said goodbye: all that it did is known. */
  left = false
  #head: ToldHead | null = null
  #recorder: LatencyRecorder | null = null
  readonly #options: RemoteWorkerOptions
  readonly #accounts: readonly StreamAccount[]
  readonly #ledger: LedgerWriter
  readonly #effects: Readonly<Record<StageMeasure, EffectAccount>>
  readonly #usage = new WorkerUsage()
  readonly #visit = (observation: Observation): void => this.#observe(observation)

  constructor(options: RemoteWorkerOptions) {
    this.name = options.name
    this.stages = options.hello.stages
    this.#options = options
    this.#ledger = new LedgerWriter(options.ledger)
    this.#accounts = this.#ledger.accounts
    this.#effects = {
      index: this.#ledger.effects('index'),
      preference: this.#ledger.effects('preference'),
      notify: this.#ledger.effects('notify'),
    }
  }

  /** Takes a `told` frame, unless it was taken before; returns its number. */
  take(body: Buffer): number {
    const { number, head, rows } = readTold(body)
    if (number <= this.lastTold) return number
    this.lastTold = number
    const fallbackTexts = head.fallbackTexts - (this.#head?.fallbackTexts ?? 0)
    if (fallbackTexts > 0) this.#options.onFallback(fallbackTexts)
    this.#head = head
    this.left = head.last
    this.#usage.note(head.usage)
    readRows(rows, this.#visit)
    return number
  }

  /** Partitions of a stage that it has. */
  assigned(stage: StageName): number {
    return this.left ? 0 : (this.#head?.assigned[stage] ?? 0)
  }

  get counters(): Readonly<Record<string, StageCounters>> {
    const stages = this.#head?.stages ?? {}
    return this.left ? stages : mapValues(stages, settledOnly)
  }

  /** Everything since the last call. While the run goes on, what is in its hands counts as taken. */
  progress(final: boolean): LabProgress {
    return {
      snapshot: this.#recorder?.take() ?? null,
      stages: final ? this.counters : (this.#head?.stages ?? {}),
      cpuSeconds: null,
      eventLoopP99Ms: null,
    }
  }

  figures(seconds: number): ResourceFigures[] {
    return this.#usage.figures(this.name, seconds)
  }

  /** What a reader of the report should know of it. */
  get note(): string {
    const handled = Object.entries(this.counters).map(
      ([stage, { out, duplicates }]) =>
        `${stage} ${out} records${duplicates > 0 ? ` and ${duplicates} repeats` : ''}`,
    )
    const end = this.left ? '' : '; it was lost before it had said goodbye'
    return `${this.name} handled ${handled.join(', ') || 'nothing'}${end}; ${this.#clockNote()}.`
  }

  #clockNote(): string {
    const clock = this.#head?.clock ?? null
    if (clock === null) return 'its clock was never compared'
    if (clock.shared) return 'its clock is the lab’s'
    const ms = (us: number): string => (us / 1e3).toFixed(3)
    return `its clock is ${ms(clock.offsetUs)} ms behind the lab’s, known to ±${ms(clock.boundUs)} ms, which its latencies are off by at most`
  }

  #observe({ measure, known, stream, sequence, dueUs, doneUs }: Observation): void {
    const account = this.#accounts[stream]
    const effects = this.#effects[measure]
    if (known && (account === undefined || !effects.foundAt(account, sequence))) return
    if (!known && account !== undefined) effects.appliedAt(account, sequence)
    if (dueUs <= 0) return
    const lagUs = account === undefined ? -1 : this.#ledger.lagUsAt(account, sequence)
    this.#recorder ??= this.#options.recorder()
    this.#recorder.measure(measure).done(dueUs, doneUs, lagUs < 0 ? -1 : dueUs + lagUs)
  }
}

/** What a worker took and did not settle is read again by another: it counts as never taken. */
function settledOnly(counters: StageCounters): StageCounters {
  const { out, duplicates, deadLettered, rejected } = counters
  return { ...counters, in: out + duplicates + deadLettered + rejected }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

/** CPU time and peak memory of a worker, as it tells them. */
class WorkerUsage {
  #firstCpuSeconds: number | null = null
  #cpuSeconds = 0
  #peakRssBytes = 0
  #peakAnonBytes: number | null = null

  note(usage: ToldHead['usage']): void {
    if (usage === null) return
    this.#firstCpuSeconds ??= usage.cpuSeconds
    this.#cpuSeconds = usage.cpuSeconds
    this.#peakRssBytes = Math.max(this.#peakRssBytes, usage.rssBytes)
    if (usage.anonBytes !== null) this.#peakAnonBytes = Math.max(this.#peakAnonBytes ?? 0, usage.anonBytes)
  }

  figures(name: string, seconds: number): ResourceFigures[] {
    if (this.#firstCpuSeconds === null) return []
    const cpuSeconds = this.#cpuSeconds - this.#firstCpuSeconds
    return [
      {
        name,
        kind: 'process',
        cpuSeconds,
        cores: coresOf(cpuSeconds, seconds),
        peakRssBytes: this.#peakRssBytes,
        peakAnonBytes: this.#peakAnonBytes,
      },
    ]
  }
}
