import type { AppendResult, ConsumeOptions, Consumer, LogRecord } from '../../ports/event-log.ts'

/** A batch for one topic, each record's partition chosen. The name is rep's, without the prefix that it has in the cluster. */
export interface PlacedBatch {
  readonly topic: string
  readonly records: readonly LogRecord[]
  readonly partitions: Int32Array
}

/** What the driver needs of a vendor's client; the names of topics and groups are rep's. */
export interface KafkaClient {
  /**
   * Appends with acks=all. Resolves when every record is durable or in `failures`; rejects with
   * REP_LOG_UNAVAILABLE when none was sent.
   */
  append(batch: PlacedBatch, signal?: AbortSignal): Promise<AppendResult>
  consume(options: ConsumeOptions): Promise<Consumer>
  close(): Promise<void>
}
