import type { Database } from 'lmdb'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openBinaryKeyed } from '../lmdb-keys.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** A member as the group knows it, in the order of joining. */
export interface GroupMember extends ProcessIdentity {
  readonly id: string
  readonly topics: readonly string[]
}

/** A group's members and the owner of every partition. Changes only with its version. */
export interface GroupRecord {
  readonly members: readonly GroupMember[]
  /** By topic: the id of each partition's owner, or null. */
  readonly owners: Readonly<Record<string, readonly (string | null)[]>>
}

const NO_GROUP: GroupRecord = { members: [], owners: {} }

/** Groups, their members' signs of life and their committed offsets, in the environment's `state`. */
export class GroupStore {
  readonly #groups: Database<Uint8Array, Uint8Array>
  readonly #beats: Database<Uint8Array, Uint8Array>
  readonly #offsets: Database<Uint8Array, Uint8Array>

  constructor(environment: LmdbEnvironment) {
    this.#groups = openBinaryKeyed(environment.state, 'groups')
    this.#beats = openBinaryKeyed(environment.state, 'group-heartbeats')
    this.#offsets = openBinaryKeyed(environment.state, 'group-offsets')
  }

  /** Counts the group's changes; 0 before its first. One short read: asked at every poll. */
  version(groupKey: Buffer): number {
    return this.#groups.getBinaryFast(groupKey)?.readDoubleLE(0) ?? 0
  }

  read(groupKey: Buffer): GroupRecord {
    const bytes = this.#groups.getBinary(groupKey)
    return bytes === undefined ? NO_GROUP : (JSON.parse(bytes.toString('utf8', 8)) as GroupRecord)
  }

  /** Stores the group under its next version, which is returned. Only inside a transaction. */
  put(groupKey: Buffer, group: GroupRecord): number {
    const version = this.version(groupKey) + 1
    const head = Buffer.alloc(8)
    head.writeDoubleLE(version)
    this.#groups.putSync(groupKey, Buffer.concat([head, Buffer.from(JSON.stringify(group))]))
    return version
  }

  beat(memberId: string, nowUs: number): void {
    const value = Buffer.alloc(8)
    value.writeDoubleLE(nowUs)
    this.#beats.putSync(Buffer.from(memberId), value)
  }

  /** Last sign of life of a member, µs on the host's monotonic clock; -Infinity where it gave none. */
  lastBeatUs(memberId: string): number {
    return this.#beats.getBinary(Buffer.from(memberId))?.readDoubleLE(0) ?? Number.NEGATIVE_INFINITY
  }

  forget(memberId: string): void {
    this.#beats.removeSync(Buffer.from(memberId))
  }

  /** Committed next offsets by partition, NaN where there is none; memory of its own. */
  committed(group: string, topic: string, partitions: number): Float64Array {
    const offsets = new Float64Array(partitions).fill(Number.NaN)
    const stored = this.#offsets.getBinary(offsetsKey(group, topic))
    if (stored !== undefined) for (let i = 0; i < partitions; i++) offsets[i] = stored.readDoubleLE(i * 8)
    return offsets
  }

  /** Stores what `committed` returned, changed in between. Only inside the same transaction. */
  putCommitted(group: string, topic: string, offsets: Float64Array): void {
    const value = Buffer.allocUnsafe(offsets.length * 8)
    for (let i = 0; i < offsets.length; i++) value.writeDoubleLE(offsets[i]!, i * 8)
    this.#offsets.putSync(offsetsKey(group, topic), value)
  }
}

const offsetsKey = (group: string, topic: string): Buffer => Buffer.from(`${group}\0${topic}`)
