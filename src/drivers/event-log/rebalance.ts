import { assign } from './assignment.ts'
import type { GroupMember, GroupRecord } from './group-store.ts'

export interface RebalanceView {
  /** The member that computes this; it joins where the group does not know it (any more). */
  readonly self: GroupMember
  /** True for a member that must be taken for dead. Never asked about `self`. */
  readonly isDead: (member: GroupMember) => boolean
  readonly partitionsOf: (topic: string) => number
}

/**
 * The group as one member leaves it: the dead are removed and their partitions freed, the member gives up
 * what others should own and takes what is free and should be its own. It never takes a partition from a
 * living owner, so a partition moves only after its owner gave it up. Returns the same object where nothing
 * changes.
 */
export function rebalance(group: GroupRecord, view: RebalanceView): GroupRecord {
  const { self } = view
  const members = group.members.filter((member) => member.id === self.id || !view.isDead(member))
  if (!members.some((member) => member.id === self.id)) members.push(self)
  const owners: Record<string, readonly (string | null)[]> = {}
  for (const topic of new Set([...Object.keys(group.owners), ...self.topics])) {
    const readers = members.filter((member) => member.topics.includes(topic)).map((member) => member.id)
    const before = group.owners[topic] ?? new Array<null>(view.partitionsOf(topic)).fill(null)
    owners[topic] = settleTopic(before, readers, self.id)
  }
  const next = { members, owners }
  return sameGroup(group, next) ? group : next
}

/** The group without a member, its partitions free. */
export function withoutMember(group: GroupRecord, memberId: string): GroupRecord {
  const owners: Record<string, readonly (string | null)[]> = {}
  for (const [topic, before] of Object.entries(group.owners)) {
    owners[topic] = before.map((owner) => (owner === memberId ? null : owner))
  }
  return { members: group.members.filter((member) => member.id !== memberId), owners }
}

function settleTopic(
  before: readonly (string | null)[],
  readers: readonly string[],
  self: string,
): (string | null)[] {
  const owners = before.map((owner) => (owner !== null && readers.includes(owner) ? owner : null))
  const target = assign(owners, readers)
  return owners.map((owner, partition) => {
    if (owner === self) return target[partition] === self ? self : null
    return owner === null && target[partition] === self ? self : owner
  })
}

function sameGroup(a: GroupRecord, b: GroupRecord): boolean {
  const ids = (group: GroupRecord) => group.members.map((member) => member.id).join()
  const topics = Object.keys(b.owners)
  if (ids(a) !== ids(b) || topics.length !== Object.keys(a.owners).length) return false
  return topics.every((topic) => a.owners[topic]?.join() === b.owners[topic]!.join())
}
