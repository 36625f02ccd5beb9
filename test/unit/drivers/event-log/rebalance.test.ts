import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GroupMember, GroupRecord } from '../../../../src/drivers/event-log/group-store.ts'
import { rebalance, withoutMember } from '../../../../src/drivers/event-log/rebalance.ts'

const PARTITIONS = 12
const topic = 'user.action.v1'
const none: GroupRecord = { members: [], owners: {} }

const member = (id: string): GroupMember => ({ id, pid: 1, startedAt: '1', topics: [topic] })

function look(group: GroupRecord, id: string, dead: readonly string[] = []): GroupRecord {
  return rebalance(group, {
    self: member(id),
    isDead: (other) => dead.includes(other.id),
    partitionsOf: () => PARTITIONS,
  })
}

/** Everybody looks in turn until nothing changes; fails when that never comes. */
function settle(group: GroupRecord, ids: readonly string[], dead: readonly string[] = []): GroupRecord {
  let current = group
  for (let round = 0; round < 10; round++) {
    const before = current
    for (const id of ids) current = look(current, id, dead)
    if (current === before) return current
  }
  throw new Error('The group did not come to rest in 10 rounds.')
}

function shares(group: GroupRecord): number[] {
  const owned = Map.groupBy(group.owners[topic]!, (owner) => owner)
  return [...owned.values()].map((partitions) => partitions.length).sort((a, b) => a - b)
}

describe('rebalance', () => {
  test('a single member takes everything', () => {
    expect(look(none, 'a').owners[topic]).toEqual(new Array(PARTITIONS).fill('a'))
  })

  test('nobody takes a partition before its living owner gave it up', () => {
    const joined = look(look(none, 'a'), 'b')
    expect(shares(joined)).toEqual([PARTITIONS])
    const released = look(joined, 'a')
    expect(shares(released)).toEqual([6, 6])
    expect(released.owners[topic]).toContain(null)
    expect(shares(look(released, 'b'))).toEqual([6, 6])
    expect(look(released, 'b').owners[topic]).not.toContain(null)
  })

  test('the partitions of the dead are free at once', () => {
    const both = settle(none, ['a', 'b'])
    const after = look(both, 'b', ['a'])
    expect(after.owners[topic]).toEqual(new Array(PARTITIONS).fill('b'))
    expect(after.members.map((left) => left.id)).toEqual(['b'])
  })

  test('a member that was taken for dead joins anew and owns nothing of before', () => {
    const evicted = look(settle(none, ['a', 'b']), 'b', ['a'])
    const back = look(evicted, 'a')
    expect(back.members.map((left) => left.id)).toEqual(['b', 'a'])
    expect(back.owners[topic]).not.toContain('a')
  })

  test('a leaver’s partitions are free', () => {
    const left = withoutMember(settle(none, ['a', 'b']), 'a')
    expect(left.owners[topic]!.filter((owner) => owner === null)).toHaveLength(6)
    expect(left.members).toHaveLength(1)
  })

  test('the group comes to rest, shares differ by one at most, and a joiner moves only what it takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), (count) => {
        const ids = Array.from({ length: count }, (_, i) => `m${i}`)
        const before = settle(none, ids)
        const owned = before.owners[topic]!
        expect(owned).not.toContain(null)
        const sizes = ids.map((id) => owned.filter((owner) => owner === id).length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        const after = settle(before, [...ids, 'joiner'])
        for (const [partition, owner] of after.owners[topic]!.entries()) {
          if (owner !== 'joiner') expect(owner).toBe(owned[partition])
        }
      }),
    )
  })
})
