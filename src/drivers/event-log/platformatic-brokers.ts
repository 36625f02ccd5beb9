import { Admin, type Connection } from '@platformatic/kafka'
import { RepError } from '../../errors/rep-error.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { platformaticOptions } from './platformatic-options.ts'

/** Connections of one's own to the brokers that lead partitions. Names are the cluster's. */
export class PlatformaticBrokers {
  readonly #client: Admin
  readonly #connections = new Map<number, Connection>()
  #apis: Promise<ReadonlyMap<string, number>> | null = null

  constructor(settings: KafkaSettings) {
    // Who uses the connections repeats what failed.
    this.#client = new Admin({ ...platformaticOptions(settings), retries: 0 })
  }

  /** The newest version of a request that both sides know. Rejects with REP_ENVIRONMENT where there is none. */
  async version(api: string, known: { readonly oldest: number; readonly newest: number }): Promise<number> {
    this.#apis ??= this.#client.listApis().then((apis) => new Map(apis.map((at) => [at.name, at.maxVersion])))
    let newest: number | undefined
    try {
      newest = (await this.#apis).get(api)
    } catch (error) {
      this.#apis = null
      throw error
    }
    if (newest !== undefined && newest >= known.oldest) return Math.min(newest, known.newest)
    throw new RepError(
      'REP_ENVIRONMENT',
      `The Kafka brokers are too old: rep needs Kafka 3.2 or newer (${api} v${known.oldest}).`,
    )
  }

  /** By partition: the broker that leads it. Rejects where the topic is unknown or no broker answers. */
  async leaders(topics: readonly string[]): Promise<(topic: string, partition: number) => number> {
    const metadata = await this.#client.metadata({ topics: [...topics] })
    return (topic, partition) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1
  }

  /** A connection to a broker; to any of them for -1. */
  async connection(node: number): Promise<Connection> {
    const known = this.#connections.get(node)
    if (known?.isConnected()) return known
    const found = await this.#client.connectToBrokers(node < 0 ? null : [node])
    const connection = node < 0 ? found.values().next().value : found.get(node)
    if (connection === undefined)
      throw new Error(`Connection to broker ${node} failed: it is not in the cluster.`)
    this.#connections.set(node, connection)
    return connection
  }

  /** Asks for the leaders anew next time. */
  forget(): void {
    this.#connections.clear()
    this.#client.clearMetadata()
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}
