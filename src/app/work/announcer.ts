import { RUN_KEY, type RunAnnouncement } from '../../domain/run-announcement.ts'
import type { KeyValue } from '../../ports/key-value.ts'

const TTL_MS = 5000
const RENEW_MS = 1000

/** Makes a run known in the stack's key-value store until it is stopped, or its process ends. */
export class Announcer {
  readonly #keyValue: KeyValue
  readonly #value: Uint8Array
  readonly #log: (line: string) => void
  readonly #timer: NodeJS.Timeout
  #renewing: Promise<void>
  #fails = false
  #stopped = false

  constructor(keyValue: KeyValue, announcement: RunAnnouncement, log: (line: string) => void) {
    this.#keyValue = keyValue
    this.#value = Buffer.from(JSON.stringify(announcement))
    this.#log = log
    this.#renewing = this.#renew()
    this.#timer = setInterval(() => {
      this.#renewing = this.#renewing.then(() => this.#renew())
    }, RENEW_MS)
  }

  /** Nobody finds the run any more. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#renewing
    // Where the store does not answer, the key ends by its time to live.
    await this.#keyValue.deleteMany([RUN_KEY]).catch((error: unknown) => this.#failed(error))
  }

  /** One line when it begins to fail and one when it goes on. */
  async #renew(): Promise<void> {
    try {
      await this.#keyValue.setMany([{ key: RUN_KEY, value: this.#value, ttlMs: TTL_MS }])
      if (this.#fails) this.#log('the run is made known to workers again')
      this.#fails = false
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (!this.#fails) this.#log(`the run is not made known to workers: ${String(error)}`)
    this.#fails = true
  }
}

/** The run that is made known now; null where there is none. */
export async function announcedRun(keyValue: KeyValue): Promise<RunAnnouncement | null> {
  const [bytes] = await keyValue.getMany([RUN_KEY])
  if (bytes === null || bytes === undefined) return null
  return JSON.parse(Buffer.from(bytes).toString()) as RunAnnouncement
}
