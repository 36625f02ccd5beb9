import {
  type Connection,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  findErrorBy,
  joinGroupV9,
  syncGroupV5,
} from '@platformatic/kafka'
import type { KafkaAdmin } from './kafka-admin.ts'
import { assignCooperatively, type Owned } from './kafka-assignor.ts'
import type { KafkaSettings } from './kafka-options.ts'

/** Members that assign in another way cannot be in the same group. */
const PROTOCOL = 'rep-cooperative'
const PROTOCOL_TYPE = 'consumer'
const SUBSCRIPTION_VERSION = 3

export interface GroupProtocolOptions {
  readonly admin: KafkaAdmin
  readonly settings: KafkaSettings
  readonly group: string
  readonly topics: readonly string[]
}

/** What a member says of itself when it joins; `memberId` is empty for a new one. */
export interface Joining {
  readonly memberId: string
  readonly generation: number
  readonly held: Owned
}

/** The broker's answer, with all members for the one that leads. */
export type Joined = Awaited<ReturnType<typeof joinGroupV9.api.async>>

/** The two steps by which members of a group agree on who owns which partition. Outside, names have the prefix. */
export class PlatformaticGroupProtocol {
  readonly #options: GroupProtocolOptions

  constructor(options: GroupProtocolOptions) {
    this.#options = options
  }

  /**
   * Waits until all members have joined.
   *
   * @param onNamed told the name that a new member got, before it joins with that
   */
  async join(
    connection: Connection,
    { memberId, generation, held }: Joining,
    onNamed: (memberId: string) => void,
  ): Promise<Joined> {
    const { settings, group, topics } = this.#options
    const { prefix, sessionMs, rebalanceMs } = settings
    const metadata = encodeConsumerProtocolSubscription({
      version: SUBSCRIPTION_VERSION,
      topics: topics.map((topic) => prefix + topic),
      ownedPartitions: this.#withPrefix(held),
      generationId: generation,
    })
    const protocols = [{ name: PROTOCOL, metadata }]
    const send = (name: string) =>
      joinGroupV9.api.async(
        connection,
        prefix + group,
        sessionMs,
        rebalanceMs,
        name,
        null,
        PROTOCOL_TYPE,
        protocols,
        '',
      )
    try {
      return await send(memberId)
    } catch (error) {
      const named = findErrorBy(error as Error, 'apiId', 'MEMBER_ID_REQUIRED') as { memberId?: string } | null
      if (named?.memberId === undefined) throw error
      onNamed(named.memberId)
      return send(named.memberId)
    }
  }

  /** Shares the partitions out, if this member leads; returns its own. */
  async sync(connection: Connection, joined: Joined): Promise<Owned> {
    const { settings, group } = this.#options
    const { memberId, generationId, leader } = joined
    const assignments = leader === memberId ? await this.#assignAll(joined) : []
    const { assignment } = await syncGroupV5.api.async(
      connection,
      settings.prefix + group,
      generationId,
      memberId,
      null,
      PROTOCOL_TYPE,
      PROTOCOL,
      assignments,
    )
    return this.#withoutPrefix(decodeConsumerProtocolAssignment(assignment).assignedPartitions)
  }

  async #assignAll({ members }: Joined): Promise<{ memberId: string; assignment: Buffer }[]> {
    const { admin, settings } = this.#options
    const known = members.map(({ memberId, metadata }) => {
      const { topics, ownedPartitions, generationId } = decodeConsumerProtocolSubscription(metadata)
      const short = topics.map((topic) => topic.slice(settings.prefix.length))
      return {
        memberId,
        topics: short,
        owned: this.#withoutPrefix(ownedPartitions),
        generation: generationId,
      }
    })
    const counts = new Map<string, number>()
    for (const topic of new Set(known.flatMap(({ topics }) => topics))) {
      counts.set(topic, await admin.partitions(topic))
    }
    return [...assignCooperatively(known, (topic) => counts.get(topic)!)].map(([memberId, owned]) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment({
        version: SUBSCRIPTION_VERSION,
        assignedPartitions: this.#withPrefix(owned),
      }),
    }))
  }

  #withPrefix(owned: Owned): { topic: string; partitions: number[] }[] {
    const { prefix } = this.#options.settings
    return [...owned].map(([topic, partitions]) => ({ topic: prefix + topic, partitions: [...partitions] }))
  }

  #withoutPrefix(owned: readonly { topic: string; partitions: number[] }[]): Owned {
    const { prefix } = this.#options.settings
    return new Map(owned.map(({ topic, partitions }) => [topic.slice(prefix.length), partitions]))
  }
}
