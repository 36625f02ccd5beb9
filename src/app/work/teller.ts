import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import { ClockOffsetEstimate } from '../../kernel/clock-offset.ts'
import { nowUs } from '../../kernel/time.ts'
import { HEARTBEAT_MS, type Hello, LEASE_MS, LOST_MS, type Welcome } from './agreement.ts'
import { FRAME, frameOf, readAck } from './frames.ts'
import { connectLab, type LabConnection } from './lab-connection.ts'
import { ObservationRows, type ToldHead, toldBody, type WorkerClock } from './told.ts'

/** Round trips by which the clocks are compared before anything is measured. */
const CLOCK_TRIPS = 8
const RETRY_MS = 100

export interface TellerOptions {
  readonly control: string
  readonly hello: Hello
  readonly log: (line: string) => void
}

/** What a worker says of itself with every frame. */
export type WorkerHead = Omit<ToldHead, 'clock' | 'last'>

const NOTHING: WorkerHead = { stages: {}, assigned: {}, usage: null, fallbackTexts: 0 }

/** A frame on its way. */
interface Sent {
  readonly number: number
  readonly bytes: Buffer
  readonly acknowledged: PromiseWithResolvers<void>
  sentUs: number
}

/**
 * A worker's side of the conversation with its lab. One frame is on its way at a time; it is kept until the lab has
 * acknowledged it and sent again after a reconnect, and the lab drops a number that it has: nothing is lost and
 * nothing counts twice. Acknowledgements carry the lab's clock, and are the worker's lease to write.
 */
export class Teller {
  readonly rows = new ObservationRows()
  readonly #options: TellerOptions
  readonly #clock = new ClockOffsetEstimate()
  readonly #stopping = new AbortController()
  readonly #over = new AbortController()
  #connection: LabConnection | null = null
  #welcome: Welcome | null = null
  #head: () => WorkerHead = () => NOTHING
  #last = false
  #number = 0
  #sent: Sent | null = null
  #current: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null
  #heardUs = 0
  #timer: NodeJS.Timeout | null = null

  private constructor(options: TellerOptions) {
    this.#options = options
  }

  /** Connects and compares the clocks. Rejects as `connectLab` does. */
  static async open(options: TellerOptions): Promise<Teller> {
    const teller = new Teller(options)
    await teller.#connect()
    for (let trip = 0; trip < CLOCK_TRIPS; trip++) await teller.flush()
    teller.#timer = setInterval(() => teller.#beat(), HEARTBEAT_MS)
    return teller
  }

  get welcome(): Welcome {
    if (this.#welcome === null) throw new RepError('REP_INTERNAL', 'a worker was not welcomed yet')
    return this.#welcome
  }

  /** Aborted when the lab wants the worker to settle and go. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Aborted when the lab is gone: nothing may be committed any more. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** How this clock stands to the lab's. */
  get clock(): WorkerClock {
    const { offsetUs, boundUs } = this.#clock.value
    const { boot } = this.#options.hello
    const shared = boot !== '' && boot === this.#welcome?.boot && Math.abs(offsetUs) <= boundUs
    return shared ? { shared, offsetUs: 0, boundUs: 0 } : { shared, offsetUs, boundUs }
  }

  /** What every frame says beside the observations. */
  describe(head: () => WorkerHead): void {
    this.#head = head
  }

  /**
   * Resolves when the lab has everything observed up to now; it waits while the lab cannot be reached. Rejects with
   * REP_LOG_FENCED when the lab is gone.
   */
  flush(): Promise<void> {
    this.#next ??= this.#sendAfter(this.#current)
    return this.#next
  }

  /** Throws a retryable error where the lab has been silent for so long that another may own the stack. */
  checkLease(): void {
    if (this.#over.signal.aborted) throw gone()
    const silentMs = (nowUs() - this.#heardUs) / 1e3
    if (silentMs > LEASE_MS)
      throw new RepError(
        'REP_STORE_UNAVAILABLE',
        `The lab has been silent for ${(silentMs / 1e3).toFixed(0)} s: nothing is written until it answers.`,
      )
  }

  /** Says goodbye, when all is settled, and disconnects. */
  async end(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    try {
      if (!this.#over.signal.aborted) {
        this.#last = true
        await this.flush()
      }
    } finally {
      this.abandon()
    }
  }

  /** Disconnects without a word. */
  abandon(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#over.abort()
    this.#connection?.socket.destroy()
    this.#sent?.acknowledged.reject(gone())
  }

  async #sendAfter(current: Promise<void>): Promise<void> {
    await current.catch(() => undefined)
    this.#next = null
    this.#current = this.#send()
    return this.#current
  }

  #send(): Promise<void> {
    if (this.#over.signal.aborted) return Promise.reject(gone())
    const number = ++this.#number
    const clock = number > CLOCK_TRIPS ? this.clock : null
    const body = toldBody(number, { ...this.#head(), clock, last: this.#last }, this.rows.take())
    const acknowledged = Promise.withResolvers<void>()
    this.#sent = { number, bytes: frameOf(FRAME.told, body), acknowledged, sentUs: 0 }
    this.#write(this.#sent)
    return acknowledged.promise
  }

  #write(sent: Sent): void {
    sent.sentUs = nowUs()
    this.#connection?.socket.write(sent.bytes)
  }

  #beat(): void {
    if ((nowUs() - this.#heardUs) / 1e3 > LEASE_MS) this.#connection?.socket.destroy()
    // A failure ends what waits for its own flush.
    this.flush().catch(() => undefined)
  }

  #take(kind: number, body: Buffer): void {
    if (kind === FRAME.stop) this.#stopping.abort()
    if (kind !== FRAME.ack) return
    const { number, labUs } = readAck(body)
    const sent = this.#sent
    if (sent === null || sent.number !== number) return
    this.#sent = null
    // The lab answered at some time after the frame was sent: the lease counts from there.
    this.#heardUs = sent.sentUs
    this.#clock.add({ sentUs: sent.sentUs, otherUs: labUs, receivedUs: nowUs() })
    sent.acknowledged.resolve()
  }

  async #connect(): Promise<void> {
    const askedUs = nowUs()
    this.#connection = await connectLab(this.#options.control, this.#options.hello, {
      onFrame: (kind, body) => this.#take(kind, body),
      onClose: () => void this.#reconnect(),
    })
    this.#heardUs = askedUs
    this.#welcome = this.#connection.welcome
    const sent = this.#sent
    if (sent === null) return
    if (this.#welcome.lastTold < sent.number) this.#write(sent)
    else {
      this.#sent = null
      sent.acknowledged.resolve()
    }
  }

  async #reconnect(): Promise<void> {
    this.#connection = null
    if (this.#over.signal.aborted) return
    const untilUs = nowUs() + LOST_MS * 1e3
    this.#options.log('the lab is lost, looking for it')
    while (!this.#over.signal.aborted && nowUs() < untilUs) {
      try {
        await this.#connect()
        this.#options.log('the lab is back')
        return
      } catch (error) {
        if (!(error instanceof RepError && error.retryable)) break
        await sleep(RETRY_MS)
      }
    }
    this.abandon()
  }
}

function gone(): RepError {
  return new RepError('REP_LOG_FENCED', 'The lab is gone: what is not committed is another run’s.')
}
