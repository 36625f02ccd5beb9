import { setTimeout as sleep } from 'node:timers/promises'
import { heartbeatV4, leaveGroupV5, offsetCommitV8 } from '@platformatic/kafka'
import { RepError } from '../../errors/rep-error.ts'
import type { Position } from '../../ports/event-log.ts'
import type { Owned } from './kafka-assignor.ts'
import { fenced, unavailable } from './kafka-errors.ts'
import { GroupConnection, protocolErrorOf } from './platformatic-group-connection.ts'
import { type GroupProtocolOptions, PlatformaticGroupProtocol } from './platformatic-group-protocol.ts'

const COMMIT_TRIES = 4
const COMMIT_PAUSE_MS = 250
/** Answers of a coordinator that still reads the group's state, or that is about to be another broker: soon over. */
const SETTLING: ReadonlySet<string | null> = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
])
/** For so long they are no failure. */
const SETTLING_MS = 5000
const SETTLING_PAUSE_MS = 100

export interface MembershipOptions extends GroupProtocolOptions {
  /** Told when the next `tend` has something to do. */
  readonly onChange: () => void
}

/**
 * A member of a group, by the requests of Kafka's classic group protocol, cooperative: the client's own consumer
 * joins again by itself, and commits what it polled before as a member of the new generation, so that neither
 * "a partition moves only when it is settled" nor fencing would hold. Here the caller says when: `tend` is called
 * when all is settled, and only there partitions come and go.
 */
export class PlatformaticMembership {
  readonly #options: MembershipOptions
  /** JoinGroup waits for other members, and a broker answers the requests of a connection one by one. */
  readonly #joinConnection: GroupConnection
  readonly #connection: GroupConnection
  readonly #protocol: PlatformaticGroupProtocol
  readonly #heartbeat: NodeJS.Timeout
  #memberId = ''
  #generation = -1
  #held: Owned = new Map()
  #joining: Promise<void> | null = null
  #assigned: Owned | null = null
  #needsJoin = true
  #lost = false
  #failure: RepError | null = null
  #settlingSinceMs: number | null = null
  #beating = false
  #closed = false

  constructor(options: MembershipOptions) {
    const { settings, group } = options
    this.#options = options
    const full = settings.prefix + group
    this.#protocol = new PlatformaticGroupProtocol(options)
    this.#joinConnection = new GroupConnection(settings, full, settings.rebalanceMs)
    this.#connection = new GroupConnection(settings, full, 0)
    this.#heartbeat = setInterval(() => void this.#beat(), Math.min(3000, settings.sessionMs / 3))
  }

  get held(): Owned {
    return this.#held
  }

  /**
   * Takes over what the last rebalance assigned and begins the next one where one is due. Returns true when
   * `held` changed. Throws REP_LOG_UNAVAILABLE when the group could not be joined.
   */
  tend(): boolean {
    const before = this.#held
    if (this.#lost) {
      this.#lost = false
      this.#needsJoin = true
      this.#held = new Map()
    }
    if (this.#assigned !== null) {
      const assigned = this.#assigned
      this.#assigned = null
      // What must go to others goes when this member has said, by joining again, that it no longer has it.
      if (!includesAll(assigned, this.#held)) this.#needsJoin = true
      this.#held = assigned
    }
    if (this.#needsJoin && this.#joining === null && !this.#closed) this.#join()
    // Told until a join goes well: a poll between two tries must not look as if all were well again.
    if (this.#failure !== null) throw this.#failure
    return this.#held !== before
  }

  /** Commits next offsets; rejects with REP_LOG_FENCED where a partition is not this member's. */
  async commit(positions: readonly Position[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      this.#checkHeld(positions)
      const generation = this.#generation
      try {
        return await this.#sendCommit(positions, generation)
      } catch (error) {
        await this.#afterFailedCommit(error, generation, tries)
      }
    }
  }

  /** Leaves the group, so that its partitions go to the others at once. */
  async leave(): Promise<void> {
    this.#closed = true
    clearInterval(this.#heartbeat)
    try {
      // A member that the broker is still about to name could not be told to leave.
      for (let i = 0; this.#joining !== null && this.#memberId === '' && i < 100; i++) await sleep(10)
      if (this.#memberId !== '') {
        const connection = await this.#connection.get()
        await leaveGroupV5.api.async(connection, this.#fullGroup, [{ memberId: this.#memberId }])
      }
    } catch (error) {
      // Out of reach, or taken for dead before: the session's timeout ends the membership.
      if (!(error instanceof Error)) throw error
    }
    await Promise.all([this.#connection.close(), this.#joinConnection.close()])
    await this.#joining
  }

  get #fullGroup(): string {
    return this.#options.settings.prefix + this.#options.group
  }

  #checkHeld(positions: readonly Position[]): void {
    const { group } = this.#options
    if (this.#lost) throw fenced(group, 'this member was taken for dead, its partitions went to others')
    for (const { topic, partition } of positions) {
      if (this.#held.get(topic)?.includes(partition)) continue
      throw fenced(group, `partition ${topic}/${partition} is another member's`)
    }
  }

  async #sendCommit(positions: readonly Position[], generation: number): Promise<void> {
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, partitions]) => ({
      name: this.#options.settings.prefix + topic,
      partitions: partitions.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: '',
      })),
    }))
    const connection = await this.#connection.get()
    await offsetCommitV8.api.async(connection, this.#fullGroup, generation, this.#memberId, null, topics)
  }

  /** Returns where the commit may be tried again, throws otherwise. */
  async #afterFailedCommit(error: unknown, generation: number, tries: number): Promise<void> {
    const { group } = this.#options
    const name = protocolErrorOf(error)
    const moved = name === 'ILLEGAL_GENERATION' || name === 'REBALANCE_IN_PROGRESS'
    if (moved && this.#joining !== null && tries < COMMIT_TRIES) {
      // The group went on to a generation that this member is about to learn of. It keeps what it holds till then.
      await this.#joining
      return
    }
    if (moved && generation !== this.#generation && tries < COMMIT_TRIES) return
    if (name === 'ILLEGAL_GENERATION' || name === 'UNKNOWN_MEMBER_ID') {
      this.#lose()
      throw fenced(group, 'this member was taken for dead, its partitions went to others', error)
    }
    if (name !== 'REBALANCE_IN_PROGRESS') this.#connection.forget()
    if (tries >= COMMIT_TRIES) throw unavailable(`group ${group} could not commit`, error)
    await sleep(COMMIT_PAUSE_MS)
  }

  /** Says that this member lives; learns whether the group is about to share its partitions anew. */
  async #beat(): Promise<void> {
    if (this.#beating || this.#joining !== null || this.#memberId === '' || this.#lost) return
    this.#beating = true
    const generation = this.#generation
    try {
      const connection = await this.#connection.get()
      await heartbeatV4.api.async(connection, this.#fullGroup, generation, this.#memberId)
    } catch (error) {
      if (generation === this.#generation && this.#joining === null) this.#afterFailedBeat(error)
    } finally {
      this.#beating = false
    }
  }

  #afterFailedBeat(error: unknown): void {
    const name = protocolErrorOf(error)
    if (name === 'REBALANCE_IN_PROGRESS') this.#needsJoin = true
    else if (name === 'ILLEGAL_GENERATION' || name === 'UNKNOWN_MEMBER_ID') this.#lose()
    // The coordinator is out of reach or elsewhere: the next beat looks for it.
    else this.#connection.forget()
    this.#options.onChange()
  }

  /** The group has given this member up; nothing that it holds is its own any more. */
  #lose(): void {
    this.#lost = true
    this.#memberId = ''
    this.#generation = -1
    this.#assigned = null
    this.#options.onChange()
  }

  #join(): void {
    this.#needsJoin = false
    this.#joining = this.#joinAndSync()
      .catch((error: unknown) => this.#afterFailedJoin(error))
      .finally(() => {
        this.#joining = null
        this.#options.onChange()
      })
  }

  async #afterFailedJoin(error: unknown): Promise<void> {
    if (this.#closed) return
    this.#needsJoin = true
    const { group } = this.#options
    const name = protocolErrorOf(error)
    if (name === 'UNKNOWN_MEMBER_ID' || name === 'ILLEGAL_GENERATION') this.#lose()
    else if (name === 'INCONSISTENT_GROUP_PROTOCOL') {
      this.#failure = new RepError(
        'REP_ENVIRONMENT',
        `Group ${group} has members of another Kafka client, which share partitions in another way. Use one --kafka-client for all of them.`,
        { cause: error },
      )
    } else if (name !== 'REBALANCE_IN_PROGRESS') {
      this.#joinConnection.forget()
      this.#settlingSinceMs ??= performance.now()
      const settles = SETTLING.has(name) && performance.now() - this.#settlingSinceMs < SETTLING_MS
      if (settles) await sleep(SETTLING_PAUSE_MS)
      else this.#failure = unavailable(`group ${group} could not be joined`, error)
    }
  }

  async #joinAndSync(): Promise<void> {
    const connection = await this.#joinConnection.get()
    const as = { memberId: this.#memberId, generation: this.#generation, held: this.#held }
    const joined = await this.#protocol.join(connection, as, (memberId) => {
      this.#memberId = memberId
    })
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    this.#assigned = await this.#protocol.sync(connection, joined)
    this.#failure = null
    this.#settlingSinceMs = null
  }
}

/** True when every partition of `some` is among `all`. */
function includesAll(all: Owned, some: Owned): boolean {
  return [...some].every(([topic, partitions]) =>
    partitions.every((partition) => all.get(topic)?.includes(partition)),
  )
}
