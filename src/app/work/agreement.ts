import { readFileSync } from 'node:fs'
import type { PipelineSettings } from '../../config/scenario.ts'
import type { SchemaIds } from '../../domain/codec.ts'
import type { KafkaClientName } from '../../drivers/event-log/kafka-options.ts'
import type { EmbedderPlace } from '../embed/embedder-address.ts'
import type { StageName } from '../stage-table.ts'

/** What a worker says when it connects. */
export interface Hello {
  readonly token: string
  readonly rep: string
  /** Of this worker in this run; the same again when it reconnects. */
  readonly session: string
  readonly host: string
  readonly pid: number
  /** The host's boot, which says whether two processes share a monotonic clock; empty where it is not known. */
  readonly boot: string
  readonly stages: readonly StageName[]
}

/** What the lab answers. */
export interface Welcome {
  readonly run: string
  readonly settings: PipelineSettings
  readonly dims: number
  /** The run's embedding service; null: workers hash words, as the run does. */
  readonly embedder: EmbedderPlace | null
  readonly kafkaClient: KafkaClientName
  readonly schemaIds: SchemaIds
  /** Marks of the ledger's streams in trace ids, in its order. */
  readonly streams: readonly number[]
  readonly boot: string
  /** Number of the last `told` frame that the lab has of this session; 0 for none. */
  readonly lastTold: number
}

/** A worker writes nothing when it has not heard of its lab for this long; less than a group's session. */
export const LEASE_MS = 5000
/** How long a worker looks for a lab that it has lost. */
export const LOST_MS = 10_000
/** How often a worker tells how it is, also with nothing to tell. */
export const HEARTBEAT_MS = 1000

/** The kernel's name of this boot; empty where the system does not say. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return ''
  }
}
