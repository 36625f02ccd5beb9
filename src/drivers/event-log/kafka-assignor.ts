import { assign } from './assignment.ts'

/** Partitions by topic. */
export type Owned = ReadonlyMap<string, readonly number[]>

export interface KafkaGroupMember {
  readonly memberId: string
  readonly topics: readonly string[]
  /** What it says that it owns. */
  readonly owned: Owned
  /** The generation in which it got that. */
  readonly generation: number
}

/**
 * What each member may own next. Shares of a topic differ by at most one and members keep what their share
 * allows; a partition that should move is nobody's until its owner has given it up and joins again.
 */
export function assignCooperatively(
  members: readonly KafkaGroupMember[],
  partitionsOf: (topic: string) => number,
): Map<string, Map<string, number[]>> {
  const result = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
    const readers = sorted.filter(({ topics }) => topics.includes(topic))
    const owners = ownersOf(topic, readers, partitionsOf(topic))
    const target = assign(
      owners,
      readers.map(({ memberId }) => memberId),
    )
    target.forEach((member, partition) => {
      const owner = owners[partition]
      if (member === null || (owner !== null && owner !== member)) return
      const topics = result.get(member)!
      topics.set(topic, [...(topics.get(topic) ?? []), partition])
    })
  }
  return result
}

/** Who owns each partition: of two that say so, the one of the later generation. */
function ownersOf(topic: string, readers: readonly KafkaGroupMember[], count: number): (string | null)[] {
  const owners = new Array<string | null>(count).fill(null)
  const since = new Array<number>(count).fill(-1)
  for (const { memberId, owned, generation } of readers) {
    for (const partition of owned.get(topic) ?? []) {
      if (partition >= count || generation <= since[partition]!) continue
      owners[partition] = memberId
      since[partition] = generation
    }
  }
  return owners
}
