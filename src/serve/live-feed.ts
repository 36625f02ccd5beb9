import type { ServerResponse } from 'node:http'

/** A client that does not read is let go when so much waits for it. */
const MOST_WAITING_BYTES = 64 * 1024
const PERIOD_MS = 1000
const MARGIN_MS = 20

export interface LiveFeedOptions {
  /** The next event's data. Asked for once a period for all clients together, while there are any. */
  readonly read: () => Promise<object>
  /** One line when reading begins to fail, and when it goes on. */
  readonly log: (line: string) => void
}

/** Server-sent events to any number of clients. */
export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #clients = new Set<ServerResponse>()
  #timer: NodeJS.Timeout | undefined
  #failing = false

  constructor(options: LiveFeedOptions) {
    this.#options = options
  }

  get clients(): number {
    return this.#clients.size
  }

  /** Sends every event to this client until it goes. */
  add(client: ServerResponse): void {
    client.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that gather answers would hold the events back.
      'x-accel-buffering': 'no',
    })
    client.on('close', () => this.#remove(client))
    this.#clients.add(client)
    if (this.#clients.size === 1) this.#schedule(0)
  }

  /** Ends all connections. */
  close(): void {
    clearTimeout(this.#timer)
    for (const client of this.#clients) client.end()
    this.#clients.clear()
  }

  #remove(client: ServerResponse): void {
    this.#clients.delete(client)
    if (this.#clients.size === 0) clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#tick(), ms)
  }

  async #tick(): Promise<void> {
    const text = await this.#next()
    for (const client of this.#clients) {
      if (client.writableLength > MOST_WAITING_BYTES) client.destroy()
      else client.write(text)
    }
    // A little into the next second: timers may fire a little early.
    if (this.#clients.size > 0) this.#schedule(PERIOD_MS - (Date.now() % PERIOD_MS) + MARGIN_MS)
  }

  /** The event; a comment, which keeps the connection alive, where there is none. */
  async #next(): Promise<string> {
    try {
      const data = await this.#options.read()
      if (this.#failing) this.#options.log('live statistics: can be read again')
      this.#failing = false
      return `event: counts\ndata: ${JSON.stringify(data)}\n\n`
    } catch (error) {
      if (!this.#failing)
        this.#options.log(
          `live statistics: cannot be read: ${error instanceof Error ? error.message : error}`,
        )
      this.#failing = true
      return ': nothing to tell\n\n'
    }
  }
}
