import { randomUUID } from 'node:crypto'
import { RepError } from '../../errors/rep-error.ts'
import { nowUs } from '../../kernel/time.ts'
import type { Position } from '../../ports/event-log.ts'
import type { LmdbWriter } from '../lmdb-writer.ts'
import type { GroupMember, GroupRecord, GroupStore } from './group-store.ts'
import { isAlive, ownProcess } from './process-identity.ts'
import { rebalance, withoutMember } from './rebalance.ts'
import type { TopicStore } from './topic-store.ts'

// How often a member looks whether another's process has ended: what a crash may hold partitions up.
const LOOK_EVERY_MS = 200

export interface MembershipOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly from: 'earliest' | 'latest'
  /** A member without a sign of life for this long is taken for dead, though its process lives. */
  readonly sessionMs: number
}

export interface MembershipStores {
  readonly groups: GroupStore
  readonly topics: TopicStore
  readonly writer: LmdbWriter
}

/** What one look at the group changed for a member. */
export interface MembershipChange {
  /** Everything that is the member's now, as `topic` and `partition`. */
  readonly owned: readonly Position[]
  /** True when the member had been taken for dead: nothing that it owned before is its own any more. */
  readonly evicted: boolean
}

/** One member of a group. All state is in LMDB; this holds a copy of the group as of its last version. */
export class GroupMembership {
  readonly #options: MembershipOptions
  readonly #stores: MembershipStores
  readonly #key: Buffer
  readonly #self: GroupMember
  readonly #heartbeat: NodeJS.Timeout
  #heartbeatError: unknown = null
  #seen = { version: -1, group: { members: [], owners: {} } as GroupRecord }
  #nextLookMs = 0

  constructor(stores: MembershipStores, options: MembershipOptions) {
    this.#stores = stores
    this.#options = options
    this.#key = Buffer.from(options.group)
    this.#self = { id: randomUUID(), ...ownProcess(), topics: options.topics }
    this.#heartbeat = setInterval(() => this.#beat(), options.sessionMs / 10)
    this.#heartbeat.unref()
  }

  /** Joins; owns nothing before the first `refresh`. */
  async join(): Promise<void> {
    const { groups, writer } = this.#stores
    await writer.write(() => {
      const group = groups.read(this.#key)
      groups.beat(this.#self.id, nowUs())
      groups.put(this.#key, { ...group, members: [...group.members, this.#self] })
    })
  }

  /** False when `refresh` would find nothing new: one short read. */
  isStale(): boolean {
    this.#throwHeartbeatError()
    const { version, group } = this.#seen
    if (this.#stores.groups.version(this.#key) !== version) return true
    const nowMs = performance.now()
    if (nowMs < this.#nextLookMs) return false
    this.#nextLookMs = nowMs + LOOK_EVERY_MS
    return group.members.some((member) => member.id !== this.#self.id && this.#isDead(member))
  }

  /** Gives up and takes partitions. Only when all that was read is settled. */
  async refresh(): Promise<MembershipChange> {
    const { groups, topics, writer } = this.#stores
    const result = await writer.write(() => {
      const before = groups.read(this.#key)
      const after = rebalance(before, {
        self: this.#self,
        isDead: (member) => this.#isDead(member),
        partitionsOf: (topic) => topics.get(topic).partitions,
      })
      const version = after === before ? groups.version(this.#key) : groups.put(this.#key, after)
      for (const member of before.members) if (!after.members.includes(member)) groups.forget(member.id)
      const evicted = !before.members.some((member) => member.id === this.#self.id)
      if (evicted) groups.beat(this.#self.id, nowUs())
      return { version, group: after, evicted, owned: this.#positions(after) }
    })
    this.#seen = result
    return result
  }

  /** Stores next offsets; throws REP_LOG_FENCED, and stores none, when one is not the member's to commit. */
  commit(positions: readonly Position[]): void | Promise<void> {
    return this.#stores.writer.write(() => {
      this.#checkOwner(positions)
      for (const topic of new Set(positions.map((position) => position.topic))) {
        this.#change(topic, (offsets) => {
          for (const position of positions) {
            if (position.topic === topic) offsets[position.partition] = position.offset
          }
        })
      }
    })
  }

  /** Leaves; what the member owned is free at once. */
  async leave(): Promise<void> {
    clearInterval(this.#heartbeat)
    const { groups, writer } = this.#stores
    await writer.write(() => {
      groups.forget(this.#self.id)
      groups.put(this.#key, withoutMember(groups.read(this.#key), this.#self.id))
    })
  }

  #checkOwner(positions: readonly Position[]): void {
    const { groups } = this.#stores
    const version = groups.version(this.#key)
    const { owners } = version === this.#seen.version ? this.#seen.group : groups.read(this.#key)
    const lost = positions.find((at) => owners[at.topic]?.[at.partition] !== this.#self.id)
    if (lost === undefined) return
    throw new RepError(
      'REP_LOG_FENCED',
      `Partition ${lost.partition} of ${lost.topic} is not this member's of group ${this.#options.group} any more; nothing of the commit was stored.`,
    )
  }

  /** Where to begin in each owned partition. */
  #positions(group: GroupRecord): Position[] {
    return this.#options.topics.flatMap((topic) => {
      const owners = group.owners[topic] ?? []
      const offsets = this.#startOffsets(topic, owners)
      return owners.flatMap((owner, partition) =>
        owner === this.#self.id ? [{ topic, partition, offset: offsets[partition]! }] : [],
      )
    })
  }

  /** The committed offsets, and for owned partitions without one where the group begins. */
  #startOffsets(topic: string, owners: readonly (string | null)[]): Float64Array {
    const { topics } = this.#stores
    const fresh = (offsets: Float64Array, partition: number) =>
      owners[partition] === this.#self.id && Number.isNaN(offsets[partition])
    if (this.#options.from === 'latest') {
      const heads = topics.offsets(topics.get(topic))
      // Committed at once: what is appended from here on is the group's, even if this member never commits.
      return this.#change(topic, (offsets) => {
        for (const { partition, latest } of heads) if (fresh(offsets, partition)) offsets[partition] = latest
      })
    }
    const offsets = this.#committed(topic)
    return offsets.map((offset, partition) => (fresh(offsets, partition) ? 0 : offset))
  }

  #committed(topic: string): Float64Array {
    const { groups, topics } = this.#stores
    return groups.committed(this.#options.group, topic, topics.get(topic).partitions)
  }

  #change(topic: string, change: (offsets: Float64Array) => void): Float64Array {
    const offsets = this.#committed(topic)
    change(offsets)
    this.#stores.groups.putCommitted(this.#options.group, topic, offsets)
    return offsets
  }

  #isDead(member: GroupMember): boolean {
    const silentUs = nowUs() - this.#stores.groups.lastBeatUs(member.id)
    if (silentUs > this.#options.sessionMs * 1000) return true
    return member.pid === this.#self.pid ? member.startedAt !== this.#self.startedAt : !isAlive(member)
  }

  /** A heartbeat that failed in the background fails the next look at the group, once. */
  #throwHeartbeatError(): void {
    const error = this.#heartbeatError
    this.#heartbeatError = null
    if (error !== null) throw error
  }

  #beat(): void {
    const { groups, writer } = this.#stores
    const fail = (error: unknown) => {
      this.#heartbeatError = error
    }
    try {
      const written = writer.write(() => groups.beat(this.#self.id, nowUs()))
      if (written instanceof Promise) written.catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}
