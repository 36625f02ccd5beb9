/** The record of one run: what `run.json` holds and every report is rendered from. Schema: reports/run.schema.json. */
export interface RunRecord {
  readonly schema: 'rep.run/1'
  readonly id: string
  readonly scenario: string
  readonly seed: number
  readonly stack: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly manifest: Manifest
  readonly load: LoadRecord
  /** Due to done in the figures themselves; send to done beside them. Judged by due to done. */
  readonly stages: Readonly<Partial<Record<MeasureName, StageFigures>>>
  readonly ledger: LedgerRecord
  readonly conservation: readonly StageConservation[]
  /** What the services hold beside what their answers said; absent where the load leaves nothing to compare. */
  readonly accounts?: readonly StateAccount[]
  /** Absent where the run kept no statistics. */
  readonly statistics?: StatisticsRecord
  readonly objectives: readonly ObjectiveResult[]
  readonly valid: boolean
  /** Why the run is invalid; empty where it is valid. */
  readonly invalidReasons: readonly string[]
  readonly verdict: Verdict
  readonly partial: boolean
  readonly resources: readonly ResourceFigures[]
  readonly timeline: readonly TimelinePoint[]
  /** The same load after each size of the catalogue; absent for a run of one size. Figures above are the last step's. */
  readonly steps?: readonly StepRecord[]
  /** Anything a reader must know to read the figures rightly: caveats, the embedder's honest name, ... */
  readonly notes: readonly string[]
}

export type Verdict = 'pass' | 'fail' | 'invalid' | 'loss'
export type MeasureName =
  | 'ack'
  | 'index'
  | 'preference'
  | 'freshness'
  | 'recommend'
  | 'notify'
  | 'posts'
  | 'searches'
export const MEASURES: readonly MeasureName[] = [
  'ack',
  'index',
  'preference',
  'freshness',
  'recommend',
  'notify',
  'posts',
  'searches',
]

export interface Percentiles {
  readonly count: number
  /** Null where there are too few samples for the percentile. */
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  readonly p999Ms: number | null
  readonly p9999Ms: number | null
  readonly maxMs: number | null
  readonly meanMs: number | null
}

export interface StageFigures extends Percentiles {
  /** From the real hand-over to the driver instead of the due time: hides the generator's own lateness. */
  readonly sendToDone: Percentiles
  readonly failed: number
  /** Base64 of HdrHistogram's compressed V2 encoding, values in µs, so that records can be merged exactly. */
  readonly histogram: string
  /** What the figure's resolution is bound by, e.g. the canaries' polling period. */
  readonly resolutionMs?: number
}

export interface LoadRecord {
  readonly targetTps: number
  /** Events that the schedule held in the measured part. */
  readonly offered: number
  readonly sent: number
  readonly failed: number
  readonly achievedTps: number
  readonly measuredMs: number
  readonly scheduleLagMs: {
    readonly p50: number | null
    readonly p99: number | null
    readonly max: number | null
  }
  /** Warm-up events: sent and accounted for, not measured. */
  readonly warmup: number
}

export interface LedgerRecord {
  readonly acknowledged: number
  readonly failed: number
  readonly indeterminate: number
  /** Acknowledged events whose effects were seen at every stage of the pipeline. */
  readonly processed: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  readonly dlq: number
  /** Acknowledged and in the log, not yet processed when the drain time was over. */
  readonly unseen: number
  /** Reported as failed, yet in the log: a retry would have doubled them. Absent where there is none. */
  readonly phantom?: number
  readonly clean: boolean
  /** The first few of each verdict, so that one can look for them. */
  readonly examples: readonly LedgerExample[]
}

export interface LedgerExample {
  readonly verdict: 'lost' | 'duplicated' | 'reordered' | 'unseen' | 'indeterminate' | 'failed'
  readonly traceId: string
  readonly detail: string
}

export interface StageConservation {
  readonly stage: string
  readonly in: number
  readonly out: number
  readonly duplicates: number
  readonly deadLettered: number
  readonly rejected: number
  readonly inFlight: number
  readonly balanced: boolean
}

/** What PostgreSQL had of a run's user actions at its end. */
export interface StatisticsRecord {
  /** User actions in the log, each once. */
  readonly logged: number
  /** Rows of events; null where PostgreSQL did not answer. */
  readonly rows: number | null
  /** Sum of the counts by type. */
  readonly counted: number | null
  readonly equal: boolean
}

/** One step of a run that drives the same load at several sizes of the catalogue. */
export interface StepRecord {
  /** Posts in the post index. */
  readonly posts: number
  /** How many of them this step added, and how long that took. */
  readonly seeded: number
  readonly seedMs: number
  readonly load: LoadRecord
  readonly stages: Readonly<Partial<Record<MeasureName, StageFigures>>>
  readonly objectives: readonly ObjectiveResult[]
  readonly verdict: Verdict
}

/** Something that a service keeps, compared after the run with a fold over what it acknowledged. */
export interface StateAccount {
  readonly of: 'likes' | 'searches'
  /** Likes: pairs of user and post; searches: users. */
  readonly compared: number
  /** That differ, and answers that contradicted the ones before. */
  readonly differing: number
  /** Left out: a request got no answer, so nobody knows. */
  readonly unknown: number
  readonly examples: readonly string[]
}

export interface ObjectiveResult {
  readonly text: string
  /** In the limit's unit; null where there are too few samples to say: then it is not met. */
  readonly value: number | null
  readonly limit: number
  readonly unit: 'ms' | '%' | 'events' | '/s' | 'bool'
  readonly met: boolean
  /** Why, where a number does not say it. */
  readonly reason?: string
}

export interface ResourceFigures {
  /** Process or thread, e.g. `rep/load-0`. */
  readonly name: string
  readonly kind: 'process' | 'thread'
  readonly cpuSeconds: number
  /** Cores used on average, from the first due time until the pipeline has stopped. */
  readonly cores: number
  /** Processes only: most resident memory, and its part that is not file pages (heap and buffers). */
  readonly peakRssBytes: number | null
  readonly peakAnonBytes: number | null
}

export interface TimelinePoint {
  /** Seconds since the first due time; below 0 in the warm-up. */
  readonly second: number
  readonly offered: number
  readonly sent: number
  /** Per measure, due to done of the events due in this second; null: too few samples for the percentile. */
  readonly measures: Readonly<Partial<Record<MeasureName, TimelineFigures>>>
  /** Records waiting in the event log, by stage. */
  readonly backlog: Readonly<Record<string, number>>
}

export interface TimelineFigures {
  readonly count: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number
}

export interface Manifest {
  readonly rep: string
  readonly command: string
  /** The full effective scenario. */
  readonly scenario: unknown
  /** Versions of every service and client. */
  readonly versions: Readonly<Record<string, string>>
  readonly host: HostFacts
  /** Which part of the schedule it is; absent for a whole run. */
  readonly shard?: { readonly index: number; readonly of: number }
  /** The runs that were merged into this one, by shard. */
  readonly shards?: readonly MergedShard[]
  /** Where the input came from, for replays: name, bytes, rows read, rows rejected. */
  readonly input?: { readonly file: string; readonly rows: number; readonly rejected: number }
}

export interface MergedShard {
  readonly index: number
  readonly id: string
  readonly host: HostFacts
  /** By how much its clock may differ from the first shard's, ms; 0 on the same host. */
  readonly clockBoundMs: number
}

export interface HostFacts {
  readonly cpuModel: string
  readonly cores: number
  readonly memoryBytes: number
  readonly os: string
  readonly node: string
  /** One-minute load average before the run. */
  readonly loadBefore: number
}
