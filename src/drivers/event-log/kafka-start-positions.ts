import type { Position } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'

export interface StartOptions {
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  /** Where a partition without a committed offset begins. */
  readonly from: 'earliest' | 'latest'
}

/** Where a group goes on in these partitions. */
export async function startPositions(
  admin: KafkaAdmin,
  group: string,
  { partitions, from }: StartOptions,
): Promise<Position[]> {
  const positions: Position[] = []
  for (const [topic, wanted] of Map.groupBy(partitions, (at) => at.topic)) {
    const committed = new Map((await admin.committed(group, topic)).map((at) => [at.partition, at.offset]))
    const missing = wanted.some(({ partition }) => !committed.has(partition))
    const offsets = missing ? await admin.offsets(topic) : []
    for (const { partition } of wanted) {
      const offset = committed.get(partition) ?? offsets[partition]![from]
      positions.push({ topic, partition, offset })
    }
  }
  return positions
}
