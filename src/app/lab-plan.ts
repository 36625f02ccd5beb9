import type { Scenario } from '../config/scenario.ts'
import type { SchemaIds } from '../domain/codec.ts'
import type { KafkaClientName } from '../drivers/event-log/kafka-options.ts'
import type { PostFoldState } from '../load/posts/post-fold.ts'
import type { LikeSteps } from '../load/posts/post-model.ts'
import type { ReplayTiming } from '../load/replay/replay-schedule.ts'
import type { RecorderSnapshot } from '../measure/latency-recorder.ts'
import type { LedgerBuffers } from '../measure/ledger.ts'
import type { Manifest } from '../measure/run-record.ts'
import type { StackDescription } from '../stacks/stack-description.ts'
import type { StageCounters } from '../stages/stage.ts'
import type { EmbedderAddress } from './embed/embedder-address.ts'
import type { Offered } from './offered.ts'

/** What every lab thread needs to know of the run; survives a structured clone, the ledger shared. */
export interface LabPlan {
  readonly stack: StackAddress
  readonly scenario: Scenario
  readonly source: SourcePlan
  readonly ledger: LedgerBuffers
  /** Under which ids the log's values name their schemas. */
  readonly schemaIds: SchemaIds
  /** What users had done about posts before, on the same stores; null where nothing. */
  readonly posts: PostsSoFar | null
}

/** What users did about posts in the runs so far, as the load knows it. */
export interface PostsSoFar {
  readonly steps: LikeSteps
  readonly fold: PostFoldState
}

/** Which stack to open, and where it is. */
export type StackAddress = EmbeddedAddress | ServicesAddress

export interface EmbeddedAddress {
  readonly kind: 'embedded'
  readonly dataDir: string
  readonly dims: number
  /** In place of the stack's own. */
  readonly embedder?: EmbedderAddress
}

/** Real services, as `rep up` described them. */
export interface ServicesAddress {
  readonly kind: 'services'
  readonly description: StackDescription
  readonly kafkaClient: KafkaClientName
  readonly dims: number
  /** In place of the stack's own. */
  readonly embedder?: EmbedderAddress
  /** Known once one thread has asked the registry: the others then need not. */
  readonly schemaIds: SchemaIds | null
}

/** Where the actions come from. */
export type SourcePlan = { readonly kind: 'generated' } | ReplayPlan

/** A recorded clickstream that was read and encoded before the run. */
export interface ReplayPlan {
  readonly kind: 'replay'
  /** Its actions, encoded, in the order in which they are driven. */
  readonly tapeFile: string
  /** Its products as JSON lines, most mentioned first. */
  readonly catalogueFile: string
  readonly timing: ReplayTiming
  readonly offered: Offered
  /** Users of rows drawn at random, for the reads: who acts more is there more often. */
  readonly readers: readonly string[]
  readonly input: NonNullable<Manifest['input']>
  /** What a reader of the figures must know of the file. */
  readonly notes: readonly string[]
}

/** What every lab thread reports, once a second and at its end: all since the last report. */
export interface LabProgress {
  readonly snapshot: RecorderSnapshot | null
  /** Absolute, not since the last report. */
  readonly stages: Readonly<Record<string, StageCounters>>
  /** Null for a process of its own, whose CPU time is told with its memory. */
  readonly cpuSeconds: number | null
  /** 99th percentile of the event loop's delay so far, ms; null where the thread blocks by design. */
  readonly eventLoopP99Ms: number | null
}
