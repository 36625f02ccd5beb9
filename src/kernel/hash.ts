/**
 * MurmurHash2, 32 bit, seed 0x9747b28c, over bytes: the hash of Kafka's default partitioner
 * (org.apache.kafka.common.utils.Utils.murmur2).
 */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ length
  const end = length & ~3
  for (let i = 0; i < end; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    k = Math.imul(k, m)
    h = Math.imul(h, m) ^ k
  }
  const rest = length & 3
  if (rest === 3) h ^= bytes[end + 2]! << 16
  if (rest >= 2) h ^= bytes[end + 1]! << 8
  if (rest >= 1) h = Math.imul(h ^ bytes[end]!, m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  h ^= h >>> 15
  return h
}

/** The partition that Kafka's default partitioner gives a key: `(murmur2(key) & 0x7fffffff) % partitions`. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
