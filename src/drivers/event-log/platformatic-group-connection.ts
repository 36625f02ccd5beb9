import { Admin, type Connection, findErrorBy } from '@platformatic/kafka'
import type { KafkaSettings } from './kafka-options.ts'
import { platformaticOptions } from './platformatic-options.ts'

const COORDINATOR_RETRIES = 10

/** A connection of one's own to the broker that looks after a group, looked for again when that changes. */
export class GroupConnection {
  readonly #client: Admin
  readonly #group: string
  #connection: Connection | null = null

  /** @param waitMs how much longer than other requests those on this connection may take, ms */
  constructor(settings: KafkaSettings, group: string, waitMs: number) {
    this.#group = group
    this.#client = new Admin({
      ...platformaticOptions(settings),
      // A cluster's first group waits until the topic of the committed offsets is there.
      retries: COORDINATOR_RETRIES,
      requestTimeout: settings.requestTimeoutMs + waitMs,
    })
  }

  async get(): Promise<Connection> {
    if (this.#connection?.isConnected()) return this.#connection
    const [found] = await this.#client.findCoordinator({ keyType: 0, keys: [this.#group] })
    const connections = await this.#client.connectToBrokers([found!.nodeId])
    const connection = connections.get(found!.nodeId)
    if (connection === undefined)
      throw new Error(`The coordinator of group ${this.#group} is not among the brokers.`)
    this.#connection = connection
    return connection
  }

  /** Looks for the coordinator anew next time. */
  forget(): void {
    this.#connection = null
    this.#client.clearMetadata()
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

/** The broker's name of an error (`REBALANCE_IN_PROGRESS`), the first of several; null where it is not the broker's. */
export function protocolErrorOf(error: unknown): string | null {
  const found = findErrorBy(error as Error, 'code', 'PLT_KFK_PROTOCOL') as { apiId?: string } | null
  return found?.apiId ?? null
}
