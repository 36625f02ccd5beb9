import { RepError } from '../../errors/rep-error.ts'
import { partitionOf } from '../../kernel/hash.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { FRAME_HEADER_BYTES, recordBytes, writeFrameHeader, writeRecord } from './record-frame.ts'

/** A batch as one frame a partition, ready to store. Its memory is reused by the next `encode`. */
export interface EncodedBatch {
  /** Partition of each record, by position in the batch. */
  readonly partitions: Int32Array
  /** Records of each partition. */
  readonly counts: Uint32Array
  /** Completes the frame of a partition that has records. */
  frame(partition: number, base: number, timestampMs: number): Buffer
}

/** Sorts batches into frames, in one scratch buffer that grows to the largest batch seen. */
export class BatchEncoder implements EncodedBatch {
  partitions = new Int32Array(0)
  counts = new Uint32Array(0)
  #starts = new Float64Array(0)
  #cursors = new Float64Array(0)
  #scratch = Buffer.allocUnsafeSlow(64 * 1024)

  encode(batch: readonly LogRecord[], partitionCount: number): EncodedBatch {
    this.partitions = new Int32Array(batch.length)
    if (this.counts.length !== partitionCount) {
      this.counts = new Uint32Array(partitionCount)
      this.#starts = new Float64Array(partitionCount)
      this.#cursors = new Float64Array(partitionCount)
    }
    this.#layOut(batch, partitionCount)
    for (let i = 0; i < batch.length; i++) {
      const partition = this.partitions[i]!
      this.#cursors[partition] = writeRecord(this.#scratch, this.#cursors[partition]!, batch[i]!)
    }
    return this
  }

  frame(partition: number, base: number, timestampMs: number): Buffer {
    const frame = this.#scratch.subarray(this.#starts[partition]!, this.#cursors[partition]!)
    writeFrameHeader(frame, base, timestampMs, this.counts[partition]!)
    return frame
  }

  #layOut(batch: readonly LogRecord[], partitionCount: number): void {
    this.counts.fill(0)
    // Sizes first, in the cursors; then each partition's start.
    this.#cursors.fill(FRAME_HEADER_BYTES)
    for (let i = 0; i < batch.length; i++) {
      const record = batch[i]!
      const partition = record.partition ?? partitionOf(record.key, partitionCount)
      if (!(partition >= 0 && partition < partitionCount)) throw noSuchPartition(partition, partitionCount)
      this.partitions[i] = partition
      this.counts[partition]!++
      this.#cursors[partition]! += recordBytes(record)
    }
    let at = 0
    for (let partition = 0; partition < partitionCount; partition++) {
      const size = this.#cursors[partition]!
      this.#starts[partition] = at
      this.#cursors[partition] = at + FRAME_HEADER_BYTES
      at += size
    }
    if (at > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(at * 2)
  }
}

function noSuchPartition(partition: number, partitionCount: number): RepError {
  return new RepError(
    'REP_LOG_TOPIC',
    `A record asks for partition ${partition} of a topic with partitions 0 to ${partitionCount - 1}.`,
  )
}
