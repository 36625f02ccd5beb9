import type { TopicSpec } from '../domain/topics.ts'

/** One record to append. The partition follows from the key (Kafka's murmur2) unless given. */
export interface LogRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** When the schedule says that the event should start, µs on the host's monotonic clock; 0 for none. */
  readonly dueUs: number
  readonly partition?: number
  readonly headers?: Readonly<Record<string, Uint8Array>>
}

/** One record as it was read. `key` and `value` are valid until the next poll of the same consumer. */
export interface StoredRecord extends LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Append time, milliseconds since the epoch. */
  readonly timestampMs: number
}

/** What became of each record of an append, by position in the batch: its offset, or -1 with an error. */
export interface AppendResult {
  readonly partitions: Int32Array
  readonly offsets: Float64Array
  /** Set where some records were refused: position in the batch, and why. Absent when all went well. */
  readonly failures?: readonly AppendFailure[]
}

export interface AppendFailure {
  readonly position: number
  readonly error: Error
  /** True when the record may have been stored all the same (for example: the connection broke). */
  readonly indeterminate: boolean
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** The next offset to read of one partition. */
export interface Position extends TopicPartition {
  /** The next offset to read, that is: last handled + 1. */
  readonly offset: number
}

export interface ConsumeOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Most records of one poll. */
  readonly maxRecords: number
  /** Where a group without a committed offset begins. Default `earliest`. */
  readonly from?: 'earliest' | 'latest'
  /**
   * Told after partitions were assigned and before they are read: the place to load their state.
   * Revocation needs no callback: it happens only inside `poll`, when all that was polled is settled.
   */
  readonly onAssigned?: (assigned: readonly Position[]) => Promise<void>
}

/**
 * A member of a consumer group. Pull-based: partitions move between members only inside `poll`, so a
 * caller that settles a batch before it polls again drains, flushes and commits before it releases.
 */
export interface Consumer {
  /** Records of the assigned partitions, in offset order within each; empty after `maxWaitMs` without any. */
  poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]>
  /**
   * Commits next offsets. Rejects with REP_LOG_FENCED when a partition is no longer this member's:
   * nothing is committed then.
   */
  commit(positions: readonly Position[]): Promise<void>
  /** Stops reading these partitions (backpressure); they stay assigned. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  assignment(): readonly TopicPartition[]
  /** Leaves the group; its partitions go to the other members at once. */
  close(): Promise<void>
}

export interface PartitionOffsets extends TopicPartition {
  /** First offset still kept. */
  readonly earliest: number
  /** Offset that the next record will get. */
  readonly latest: number
}

export interface EventLogCapabilities {
  readonly driver: string
  /** What an acknowledged append survives: a crash of the process, or of the machine. */
  readonly durability: 'process' | 'machine'
}

/** A durable, partitioned, append-only log with consumer groups. */
export interface EventLog {
  readonly capabilities: EventLogCapabilities
  /** Creates what is missing. Rejects when a topic exists with another number of partitions. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>
  /**
   * Appends a batch to one topic, atomically per partition and in batch order within each partition.
   * Resolves when every record is durable or accounted for in `failures`; rejects with
   * REP_LOG_UNAVAILABLE (retryable) when none was stored.
   */
  append(topic: string, batch: readonly LogRecord[], signal?: AbortSignal): Promise<AppendResult>
  consume(options: ConsumeOptions): Promise<Consumer>
  /** Reads one partition from an offset, outside any group: at most `maxRecords`, fewer at the end. */
  read(from: Position, maxRecords: number): Promise<readonly StoredRecord[]>
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
  /** Committed next offsets of a group; partitions without one are absent. */
  committed(group: string, topic: string): Promise<readonly Position[]>
  /** Drops whole oldest batches beyond the limits; returns how many records went. */
  retain(topic: string, limits: { maxBytes?: number; maxAgeMs?: number }): Promise<number>
  close(): Promise<void>
}
