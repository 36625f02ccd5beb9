import type { FeatureDefinitions } from '../domain/features/definitions.ts'

/**
 * The effective scenario: every default filled in, every duration in ms, every rate per second. The
 * schema that reads it from YAML is `scenario-schema.ts`; a user's words for each key are docs/scenarios.md.
 */
export interface Scenario {
  readonly name: string
  /** One line: the question that this scenario answers. */
  readonly title: string
  /** A paragraph on what it answers and how to read it. */
  readonly description: string
  /** Everything random follows from it. */
  readonly seed: number
  /** Event time of due time 0, ms since the epoch; fixed, so that events are the same byte for byte. */
  readonly startsAtMs: number
  readonly warmupMs: number
  /** How long after the last event the pipeline may take to finish what is in flight. */
  readonly drainMs: number
  readonly load: LoadSettings
  readonly users: UserSettings
  readonly catalogue: CatalogueSettings
  readonly pipeline: PipelineSettings
  readonly limits: ValidityLimits
  readonly faults: readonly FaultStep[]
  /** Objective lines as written, e.g. `freshness p99 < 1s`. */
  readonly objectives: readonly string[]
}

export interface LoadSettings {
  /** Generator threads; each drives disjoint users of one schedule. */
  readonly threads: number
  /** Which way user actions and canaries take: straight to the event log, or over HTTP through the collector. */
  readonly through: 'log' | 'collector'
  readonly collector: CollectorLoad
  /** What users do: sessions in a shop, or requests about posts, in proportion to the weights. */
  readonly model: 'sessions' | 'posts'
  readonly posts: PostWeights
  readonly actions: ActionLoad
  /** Inventory changes beside the actions. */
  readonly inventory: InventoryLoad
  /** Recommendation reads per second over HTTP; 0 for none. */
  readonly reads: { readonly tps: number; readonly limit: number; readonly connections: number }
  /** Canary actions per second, whose way into a recommendation is followed. */
  readonly canaries: {
    readonly tps: number
    readonly users: number
    readonly pollMs: number
    readonly timeoutMs: number
  }
}

/** How often each request about posts is made, in proportion; 0: never. */
export interface PostWeights {
  readonly view: number
  readonly click: number
  readonly like: number
  readonly unlike: number
  readonly search: number
  /** Reads the user's recent searches. */
  readonly recent: number
  /** Reads a post. */
  readonly read: number
  /** Lists the newest posts of a category. */
  readonly list: number
}

/** How events are sent where they go through the collector. */
export interface CollectorLoad {
  /** Each has its own users and one connection, and sends one request at a time: so a user's events keep their order. */
  readonly senders: number
  /** Events of a request; 1: each is posted by itself. */
  readonly batch: number
  /** A batch is sent when its first event has waited so long, full or not. */
  readonly waitMs: number
  /** From the hand-over of a request to its whole answer. */
  readonly timeoutMs: number
}

export interface ActionLoad {
  /** Rate that a phase's 1.0 stands for. */
  readonly tps: number
  readonly arrival: Arrival
  /** The measured part, in order; the warm-up before it runs at the first phase's starting rate. */
  readonly phases: readonly Phase[]
}

export type Arrival =
  | { readonly process: 'uniform' }
  | { readonly process: 'poisson' }
  /** On-off: `onMs` at a raised rate, `offMs` silent, the mean rate kept. */
  | { readonly process: 'bursty'; readonly onMs: number; readonly offMs: number }

/** Multipliers of the rate over a stretch of time. */
export type Phase =
  | { readonly shape: 'constant'; readonly durationMs: number; readonly rate: number }
  | { readonly shape: 'ramp'; readonly durationMs: number; readonly from: number; readonly to: number }
  | {
      readonly shape: 'step'
      readonly durationMs: number
      readonly from: number
      readonly to: number
      readonly steps: number
    }
  /** `base`, and `peak` for `spikeMs` in the middle. */
  | {
      readonly shape: 'spike'
      readonly durationMs: number
      readonly base: number
      readonly peak: number
      readonly spikeMs: number
    }
  | {
      readonly shape: 'sine'
      readonly durationMs: number
      readonly min: number
      readonly max: number
      readonly periodMs: number
    }

export interface InventoryLoad {
  /** Changes per second, on their own Poisson schedule. */
  readonly tps: number
  /** Share of changes that are price changes; the rest are stock changes. */
  readonly priceShare: number
  /** Share of price changes that drop by more than the notification threshold. */
  readonly dropShare: number
  /** One product that sells out and comes back, again and again; null for none. */
  readonly stockOut: { readonly productRank: number; readonly everyMs: number } | null
}

export interface UserSettings {
  readonly count: number
  /** Exponent of the Zipf popularity; 0 is uniform. */
  readonly zipf: number
  /** Share of the actions that go to the `hotUsers` first users, evenly; 0 for none. */
  readonly hotShare: number
  readonly hotUsers: number
  /** Share of users who were never seen before the run; the rest have a preference when it starts. */
  readonly coldShare: number
  /** Weight of each hour of the day, 24 values; users' activity follows it. Null: flat. */
  readonly dayParting: readonly number[] | null
}

export interface CatalogueSettings {
  readonly products: number
  readonly categories: number
  /** Exponent of the Zipf popularity of products; 0 is uniform. */
  readonly zipf: number
  /** Share of product picks that go to the most popular product; 0 for none. */
  readonly hotShare: number
  /** Posts that are kept in the post index; 0: none, and the products are the posts. */
  readonly posts: number
  /** Sizes of the post index after each of which the load is driven once; empty: once, with all posts. */
  readonly steps: readonly number[]
  /** CSV or JSONL (gzip by content) to load instead of generating; null to generate from the seed. */
  readonly file: string | null
}

export interface PipelineSettings {
  readonly embedder: { readonly dims: number }
  readonly behavior: {
    readonly flushDocuments: number
    readonly flushMs: number
    /** Trace ids of each partition that are remembered to drop duplicates. */
    readonly dedupeWindow: number
    readonly batchRecords: number
  }
  readonly preference: {
    /** Share of the new vector in the moving average for weight 1. */
    readonly alpha: number
    readonly weights: Readonly<Record<string, number>>
    readonly ttlMs: number
    readonly backupMs: number
    readonly batchRecords: number
  }
  readonly recommend: {
    readonly candidates: number
    readonly indexKind: 'hnsw' | 'flat'
    /** 0: by similarity alone; towards 1: more diverse (maximal marginal relevance). */
    readonly diversity: number
    readonly popularRefreshMs: number
  }
  /** Session and window features (docs/features.md). */
  readonly features: {
    /** Whether the stage runs; it costs as much as the others. */
    readonly enabled: boolean
    readonly definitions: FeatureDefinitions
    /** How long features and states live after a user's last action. */
    readonly ttlMs: number
    readonly batchRecords: number
  }
  /** Counts and stored events (docs/statistics.md). */
  readonly statistics: {
    /** Whether the stage runs. */
    readonly enabled: boolean
    /** Between two flushes of the counts to PostgreSQL. */
    readonly flushMs: number
    /** Days of event time for which events are kept; counts are kept for ever. */
    readonly retentionDays: number
    readonly batchRecords: number
  }
  /** Every user action as a row of Parquet (docs/lake.md). */
  readonly lake: {
    /** Whether the stage runs. */
    readonly enabled: boolean
    /** A directory or `s3://bucket/prefix`; null: a directory of the stack's. */
    readonly where: string | null
    /** A partition's files are written when it holds so many rows, or bytes of the log, or for so long. */
    readonly rollRows: number
    readonly rollBytes: number
    readonly rollAgeMs: number
    readonly batchRecords: number
  }
  readonly inventory: {
    readonly priceDropPercent: number
    readonly lowStock: number
    /** Users who viewed, carted or liked within this time are told. */
    readonly recentMs: number
    readonly nearestUsers: number
    readonly fanOut: number
    readonly perUserPerHour: number
    readonly dedupeMs: number
  }
  readonly notify: {
    readonly channel: 'PUSH' | 'SMS' | 'WEBHOOK'
    /** Median latency of the simulated channels. */
    readonly latencyMs: number
    readonly failureRate: number
    readonly attempts: number
    readonly backoffMs: number
    readonly concurrency: number
    /** Loopback or configured address that WEBHOOK posts to; null where unused. */
    readonly webhookUrl: string | null
  }
}

/** Beyond these the generator, not the pipeline, was slow: the run is invalid. */
export interface ValidityLimits {
  readonly scheduleLagP99Ms: number
  readonly eventLoopP99Ms: number
}

/** Faults put into the event log's answers, so that a run (and a test) can see the ledger find them. */
export type FaultStep =
  /** Acknowledges every n-th record without storing it. */
  | { readonly kind: 'lose'; readonly every: number }
  /** Stores every n-th record twice. */
  | { readonly kind: 'duplicate'; readonly every: number }
  /** Stores every n-th record after its successor of the same key. */
  | { readonly kind: 'reorder'; readonly every: number }
  /** Holds all appends for `forMs`, once, `atMs` after the first. */
  | { readonly kind: 'stall'; readonly atMs: number; readonly forMs: number }
