import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  assignCooperatively,
  type KafkaGroupMember,
} from '../../../../src/drivers/event-log/kafka-assignor.ts'

const PARTITIONS = 12
const TOPIC = 'user.action.v1'

function member(memberId: string, owned: readonly number[] = [], generation = 1): KafkaGroupMember {
  return { memberId, topics: [TOPIC], owned: new Map([[TOPIC, owned]]), generation }
}

const all = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/** One round of the group: who may own what, and joins again with that. */
function round(members: readonly KafkaGroupMember[]): KafkaGroupMember[] {
  const generation = 1 + Math.max(...members.map((one) => one.generation))
  const assigned = assignCooperatively(members, () => PARTITIONS)
  return members.map(({ memberId }) => member(memberId, assigned.get(memberId)!.get(TOPIC) ?? [], generation))
}

const ownedBy = (one: KafkaGroupMember): readonly number[] => one.owned.get(TOPIC)!

test('a lone member gets every partition', () => {
  expect(ownedBy(round([member('a')])[0]!)).toEqual(all)
})

test('a partition that should move is nobody’s until its owner gave it up', () => {
  const first = round([member('a', all), member('b')])
  expect(ownedBy(first[0]!)).toHaveLength(6)
  expect(ownedBy(first[1]!)).toEqual([])
  const second = round(first)
  expect(ownedBy(second[0]!)).toEqual(ownedBy(first[0]!))
  expect(ownedBy(second[1]!)).toHaveLength(6)
})

test('the partitions of a member that left go to the others at once', () => {
  expect(ownedBy(round([member('a', all.slice(0, 6))])[0]!)).toEqual(all)
})

test('of two that claim a partition, the one of the later generation owns it', () => {
  const [stale, current] = round([member('a', all, 3), member('b', all, 4)])
  expect(ownedBy(stale!)).toEqual([])
  expect(ownedBy(current!)).toHaveLength(6)
})

test('members of different topics get only partitions of their own', () => {
  const other: KafkaGroupMember = {
    memberId: 'b',
    topics: ['product.inventory.v1'],
    owned: new Map(),
    generation: 1,
  }
  const assigned = assignCooperatively([member('a'), other], (topic) => (topic === TOPIC ? 12 : 3))
  expect([...assigned.get('a')!.keys()]).toEqual([TOPIC])
  expect(assigned.get('b')!.get('product.inventory.v1')).toEqual([0, 1, 2])
})

test('no partition ever has two owners, and two rounds after any change all are shared evenly', () => {
  const changes = fc.array(fc.record({ leaves: fc.nat(5), joins: fc.nat(2) }), { maxLength: 8 })
  fc.assert(
    fc.property(changes, (steps) => {
      let members = [member('m0')]
      let names = 1
      for (const { leaves, joins } of steps) {
        members = members.filter((_, i) => i !== leaves || members.length === 1)
        for (let i = 0; i < joins; i++) members.push(member(`m${names++}`, [], -1))
        for (let i = 0; i < 2; i++) {
          members = round(members)
          const owned = members.flatMap(ownedBy)
          expect(new Set(owned).size).toBe(owned.length)
        }
        const counts = members.map((one) => ownedBy(one).length)
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(PARTITIONS)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }
    }),
  )
})
