import { Admin, type Group, ListOffsetTimestamps } from '@platformatic/kafka'
import { unavailable } from '../../drivers/event-log/kafka-errors.ts'
import { type KafkaOptions, kafkaSettings } from '../../drivers/event-log/kafka-options.ts'
import { platformaticOptions } from '../../drivers/event-log/platformatic-options.ts'

const REQUEST_LIMIT_MS = 4000

export interface TopicStatus {
  readonly name: string
  readonly partitions: number
  /** Records between the first and the last kept offset, of all partitions. */
  readonly records: number
}

export interface LagStatus {
  readonly group: string
  readonly topic: string
  readonly state: string
  /** Records behind the newest, of the partitions that the group has committed. */
  readonly lag: number
  readonly members: readonly MemberStatus[]
}

/** A member of a group: a thread of a run, or a worker. */
export interface MemberStatus {
  /** Address that the broker sees it at. */
  readonly host: string
  /** Of the topic, ascending. */
  readonly partitions: readonly number[]
  readonly lag: number
}

export interface KafkaStatus {
  readonly topics: readonly TopicStatus[]
  readonly lags: readonly LagStatus[]
}

type Offsets = ReadonlyMap<string, ReadonlyMap<number, bigint>>

/** Topics and consumer lag, sorted by name; Kafka's internal topics are left out. */
export async function kafkaStatus(brokers: readonly string[], signal: AbortSignal): Promise<KafkaStatus> {
  const admin = new Admin({
    clientId: 'rep-status',
    bootstrapBrokers: [...brokers],
    retries: 0,
    connectTimeout: REQUEST_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
  })
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  try {
    return await Promise.race([ask(admin), aborted])
  } finally {
    await admin.close()
  }
}

/** As kafkaStatus(), of a cluster with a log-in: topics and groups with the options' prefix alone. */
export async function kafkaStatusOf(options: KafkaOptions): Promise<KafkaStatus> {
  const settings = kafkaSettings({ ...options, requestTimeoutMs: REQUEST_LIMIT_MS })
  const admin = new Admin({ ...platformaticOptions(settings), clientId: 'rep-status', retries: 0 })
  try {
    return await ask(admin, settings.prefix)
  } catch (error) {
    throw unavailable('its topics', error)
  } finally {
    await admin.close()
  }
}

async function ask(admin: Admin, prefix = ''): Promise<KafkaStatus> {
  const names = (await admin.listTopics())
    .filter((name) => name.startsWith(prefix) && !name.startsWith('__') && name !== '_schemas')
    .sort()
  if (names.length === 0) return { topics: [], lags: [] }
  const metadata = await admin.metadata({ topics: names })
  const counts = new Map(names.map((name) => [name, metadata.topics.get(name)?.partitions.length ?? 0]))
  const [earliest, latest] = await Promise.all([
    offsets(admin, counts, ListOffsetTimestamps.EARLIEST),
    offsets(admin, counts, ListOffsetTimestamps.LATEST),
  ])
  const topics = [...counts].map(([name, partitions]) => ({
    name,
    partitions,
    records: between(earliest, latest, name),
  }))
  return { topics, lags: (await lags(admin, latest)).filter(({ group }) => group.startsWith(prefix)) }
}

async function offsets(
  admin: Admin,
  counts: ReadonlyMap<string, number>,
  timestamp: bigint,
): Promise<Offsets> {
  const topics = [...counts].map(([name, count]) => ({
    name,
    partitions: Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp })),
  }))
  const listed = await admin.listOffsets({ topics })
  return new Map(
    listed.map(({ name, partitions }) => [
      name,
      new Map(partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset])),
    ]),
  )
}

async function lags(admin: Admin, latest: Offsets): Promise<readonly LagStatus[]> {
  const groups = await admin.listGroups()
  if (groups.size === 0) return []
  const [committed, described] = await Promise.all([
    admin.listConsumerGroupOffsets({ groups: [...groups.keys()] }),
    admin.describeGroups({ groups: [...groups.keys()] }),
  ])
  return committed
    .flatMap(({ groupId, topics }) =>
      topics.map(({ name, partitions }) => {
        const behind = new Map(
          partitions.map(({ partitionIndex, committedOffset }) => {
            const end = latest.get(name)?.get(partitionIndex)
            const known = end !== undefined && committedOffset >= 0n
            return [partitionIndex, known ? Number(end - committedOffset) : 0]
          }),
        )
        return {
          group: groupId,
          topic: name,
          state: String(groups.get(groupId)?.state ?? '').toLowerCase(),
          lag: sumOf(behind.values()),
          members: membersOf(described.get(groupId), name, behind),
        }
      }),
    )
    .sort((a, b) => (`${a.group} ${a.topic}` < `${b.group} ${b.topic}` ? -1 : 1))
}

function membersOf(
  group: Group | undefined,
  topic: string,
  behind: ReadonlyMap<number, number>,
): readonly MemberStatus[] {
  return [...(group?.members.values() ?? [])].map(({ clientHost, assignments }) => {
    const partitions = (assignments?.get(topic)?.partitions ?? []).toSorted((a, b) => a - b)
    const lag = sumOf(partitions.map((partition) => behind.get(partition) ?? 0))
    return { host: clientHost.replace(/^\//, ''), partitions, lag }
  })
}

function sumOf(values: Iterable<number>): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

function between(earliest: Offsets, latest: Offsets, topic: string): number {
  let records = 0n
  for (const [partition, end] of latest.get(topic) ?? [])
    records += end - (earliest.get(topic)?.get(partition) ?? 0n)
  return Number(records)
}
