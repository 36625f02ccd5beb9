import { Admin, findErrorBy } from '@platformatic/kafka'
import type { TopicSpec } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { openKafkaEventLog } from './kafka.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { unavailable } from './kafka-errors.ts'
import { type KafkaOptions, type KafkaSettings, kafkaSettings } from './kafka-options.ts'
import { platformaticOptions } from './platformatic-options.ts'

/** Where rep notes which topics it created: compacted, key = topic, value = JSON with the topic's id. */
export const OWNERS_TOPIC = 'owned.v1'
/** As KafkaAdmin gives them. */
const TOPIC_CONFIGS = [{ name: 'max.message.bytes', value: String(8 * 1024 * 1024) }]
const COMPACTED = [{ name: 'cleanup.policy', value: 'compact' }]
const READ_RECORDS = 1000

/** `foreign`: there is a topic of this name, but not one that rep created. */
export type Ownership = 'missing' | 'owned' | 'foreign'

interface Note {
  readonly topicId: string
  readonly clusterId: string
  readonly createdAt: string
}

/**
 * Which topics of a shared cluster rep created. Kafka keeps no notes with a topic, but gives each an id that no
 * other topic ever gets (KIP-516): a topic is rep's where its id is the one that rep noted when it created it. A
 * topic that was deleted and made anew by somebody else is theirs.
 */
export class TopicOwners {
  readonly #settings: KafkaSettings
  readonly #admin: Admin
  readonly #topics: KafkaAdmin
  readonly #log: EventLog

  private constructor(settings: KafkaSettings, log: EventLog) {
    this.#settings = settings
    this.#admin = new Admin(platformaticOptions(settings))
    this.#topics = new KafkaAdmin(settings)
    this.#log = log
  }

  /** Rejects as openKafkaEventLog does. */
  static async open(options: KafkaOptions): Promise<TopicOwners> {
    const log = await openKafkaEventLog(options)
    return new TopicOwners(kafkaSettings(options), log)
  }

  /** By topic; the topic of the notes is among them. */
  async states(topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, Ownership>> {
    const names = [OWNERS_TOPIC, ...topics.map(({ name }) => name)]
    const { clusterId, ids } = await this.#ids(names)
    const notes = ids.has(OWNERS_TOPIC) ? await this.#notes() : new Map<string, Note>()
    return new Map(
      names.map((name) => {
        const id = ids.get(name)
        const note = notes.get(name)
        if (id === undefined) return [name, 'missing']
        return [name, note?.topicId === id && note.clusterId === clusterId ? 'owned' : 'foreign']
      }),
    )
  }

  /**
   * Creates what is missing and notes it. Rejects with REP_FOREIGN where somebody else has created one of them
   * meanwhile, which stays theirs: a topic that is just created is not in every answer of the cluster at once.
   */
  async create(topics: readonly TopicSpec[]): Promise<void> {
    const states = await this.states(topics)
    for (const [name, state] of states) if (state === 'foreign') throw this.#foreign(name)
    if (states.get(OWNERS_TOPIC) === 'missing') await this.#createOne({ name: OWNERS_TOPIC, partitions: 1 })
    for (const topic of topics) if (states.get(topic.name) === 'missing') await this.#createOne(topic)
  }

  /** Deletes those that are rep's. */
  async remove(topics: readonly TopicSpec[]): Promise<void> {
    const states = await this.states(topics)
    await this.#topics.deleteTopics(
      topics.map(({ name }) => name).filter((name) => states.get(name) === 'owned'),
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.close(), this.#topics.close(), this.#log.close()])
  }

  async #createOne({ name, partitions }: { name: string; partitions: number }): Promise<void> {
    const full = this.#settings.prefix + name
    const replicas = await this.#topics.copies()
    const configs = name === OWNERS_TOPIC ? COMPACTED : TOPIC_CONFIGS
    let id: string | undefined
    try {
      const created = await this.#admin.createTopics({
        topics: [{ topic: full, partitions, replicas }],
        configs,
      })
      id = created[0]?.id
    } catch (error) {
      if (findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS') !== null) throw this.#foreign(name)
      throw unavailable(`topic ${full} could not be created`, error)
    }
    // Waits until it has leaders.
    await this.#topics.ensureTopics([{ name, partitions }])
    const { clusterId, ids } = await this.#ids([name])
    if (id === undefined || ids.get(name) !== id) throw this.#foreign(name)
    await this.#note(name, { topicId: id, clusterId, createdAt: new Date().toISOString() })
  }

  #foreign(name: string): RepError {
    const full = this.#settings.prefix + name
    const message = `Topic ${full} was created by somebody else just now.`
    return new RepError('REP_FOREIGN', message, { details: [`topic ${full}`] })
  }

  async #note(name: string, note: Note): Promise<void> {
    const record = { key: Buffer.from(name), value: Buffer.from(JSON.stringify(note)), dueUs: 0 }
    const { failures } = await this.#log.append(OWNERS_TOPIC, [record])
    const failure = failures?.[0]
    if (failure !== undefined) throw failure.error
  }

  /** The newest note of each topic. */
  async #notes(): Promise<Map<string, Note>> {
    const notes = new Map<string, Note>()
    for (const { partition, earliest, latest } of await this.#log.offsets(OWNERS_TOPIC)) {
      for (let offset = earliest; offset < latest; ) {
        const records = await this.#log.read({ topic: OWNERS_TOPIC, partition, offset }, READ_RECORDS)
        if (records.length === 0) break
        for (const { key, value } of records) {
          const note = parseNote(value)
          if (note !== null) notes.set(Buffer.from(key).toString(), note)
        }
        offset = records.at(-1)!.offset + 1
      }
    }
    return notes
  }

  async #ids(names: readonly string[]): Promise<{ clusterId: string; ids: ReadonlyMap<string, string> }> {
    const { prefix } = this.#settings
    try {
      const all = new Set(await this.#admin.listTopics())
      const there = names.filter((name) => all.has(prefix + name))
      const topics = there.map((name) => prefix + name)
      const metadata = await this.#admin.metadata({ topics, forceUpdate: true })
      const ids = there.map((name) => [name, metadata.topics.get(prefix + name)?.id ?? ''] as const)
      return { clusterId: metadata.id, ids: new Map(ids) }
    } catch (error) {
      throw unavailable('the ids of topics', error)
    }
  }
}

/** Null for what rep did not write. */
function parseNote(value: Uint8Array): Note | null {
  try {
    const note = JSON.parse(Buffer.from(value).toString()) as Partial<Note> | null
    return typeof note?.topicId === 'string' && typeof note.clusterId === 'string' ? (note as Note) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
