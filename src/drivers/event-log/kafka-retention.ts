import type { KafkaAdmin } from './kafka-admin.ts'
import type { PlatformaticReader } from './platformatic-reader.ts'

export interface RetentionLimits {
  readonly maxBytes?: number
  readonly maxAgeMs?: number
}

/** Records of one partition whose sizes stand for all of it. */
const SAMPLED_RECORDS = 200
/** Bytes of a record beside its key, value and headers: lengths, timestamp, its share of the batch's head. */
const RECORD_OVERHEAD_BYTES = 12

/**
 * Drops what is beyond the limits, oldest first in each partition; returns how many records went. Kafka says
 * how many bytes a partition has on disk, but those go only with whole segment files; so the bytes counted are
 * those of the records, uncompressed, as an average over some of each partition. Every partition gets an equal
 * share of `maxBytes`. The topic's own retention goes on beside it.
 */
export async function retainTopic(
  parts: { readonly admin: KafkaAdmin; readonly reader: PlatformaticReader },
  topic: string,
  limits: RetentionLimits,
): Promise<number> {
  const { admin } = parts
  const { maxBytes, maxAgeMs } = limits
  const kept = await admin.offsets(topic)
  const before = new Map<number, number>()
  if (maxAgeMs !== undefined) {
    const young = await admin.offsetsAt(topic, BigInt(Date.now() - maxAgeMs))
    for (const { partition, latest } of kept)
      before.set(partition, young[partition]! < 0 ? latest : young[partition]!)
  }
  if (maxBytes !== undefined) {
    for (const [partition, offset] of await beyond(parts, topic, maxBytes)) {
      before.set(partition, Math.max(offset, before.get(partition) ?? 0))
    }
  }
  let dropped = 0
  for (const { partition, earliest } of kept) {
    const offset = before.get(partition) ?? earliest
    if (offset > earliest) dropped += offset - earliest
    else before.delete(partition)
  }
  await admin.deleteBefore(topic, before)
  return dropped
}

/** By partition: the offset from which on it has its share of the bytes. */
async function beyond(
  { admin, reader }: { readonly admin: KafkaAdmin; readonly reader: PlatformaticReader },
  topic: string,
  maxBytes: number,
): Promise<Map<number, number>> {
  const offsets = new Map<number, number>()
  const partitions = (await admin.offsets(topic)).filter(({ earliest, latest }) => latest > earliest)
  for (const { partition, earliest, latest } of partitions) {
    const sample = await reader.read({ topic, partition, offset: earliest }, SAMPLED_RECORDS)
    let bytes = 0
    for (const { key, value, headers = {} } of sample) {
      bytes += RECORD_OVERHEAD_BYTES + key.length + value.length
      for (const [name, header] of Object.entries(headers)) bytes += name.length + header.length
    }
    const recordBytes = bytes / Math.max(1, sample.length)
    const records = Math.floor(maxBytes / partitions.length / Math.max(1, recordBytes))
    offsets.set(partition, Math.max(earliest, latest - records))
  }
  return offsets
}
