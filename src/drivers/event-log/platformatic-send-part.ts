import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka'
import { RepError } from '../../errors/rep-error.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import type { PartitionOutcome } from './kafka-appender.ts'
import { reasonOf } from './kafka-errors.ts'

/** Answers after which the records may be in the log all the same. */
const MAYBE_STORED: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'DUPLICATE_SEQUENCE_NUMBER',
])
/** Answers that say that the records are at fault. */
const REFUSED: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
])

/** A broker's answer for one partition. */
export interface PartAnswer {
  readonly errorCode: number
  readonly baseOffset: bigint
}

/** The records of one partition in a send, and what became of them so far. */
export class SendPart {
  readonly topic: string
  readonly partition: number
  readonly records: LogRecord[] = []
  /** Encoded; the same for every try, so that brokers know a repetition. */
  batch: Buffer | null = null
  /** Null while another try may help. */
  outcome: PartitionOutcome | null = null
  #failure: unknown = null
  #maybeStored = false
  #maybeStoredBefore = false

  /** @param topic as the cluster names it */
  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** True when a broker may have stored it, though none has said so. */
  get maybeStored(): boolean {
    return this.#maybeStored
  }

  /** A request with it is about to be written. */
  sending(): void {
    this.#maybeStoredBefore = this.#maybeStored
    this.#maybeStored = true
  }

  answered({ errorCode, baseOffset }: PartAnswer): void {
    if (errorCode === 0) {
      this.outcome = { baseOffset: Number(baseOffset) }
      return
    }
    const name = protocolErrorsCodesById[errorCode] ?? 'UNKNOWN_SERVER_ERROR'
    this.#maybeStored = this.#maybeStoredBefore || MAYBE_STORED.has(name)
    const code = REFUSED.has(name) ? 'REP_CODEC' : 'REP_LOG_UNAVAILABLE'
    this.#failure = new RepError(code, `Kafka refused a batch for ${this.topic}/${this.partition}: ${name}.`)
    if (protocolErrors[name]?.canRetry !== true) this.giveUp()
  }

  failed(error: unknown): void {
    this.#failure = error
  }

  /** No more tries: what is not known by now stays unknown. */
  giveUp(): PartitionOutcome {
    if (this.outcome !== null) return this.outcome
    const what = `Kafka did not acknowledge a batch for ${this.topic}/${this.partition}`
    const failure = this.#failure
    const error =
      failure instanceof RepError
        ? failure
        : new RepError('REP_LOG_UNAVAILABLE', `${what}: ${reasonOf(failure)}`, { cause: failure })
    this.outcome = { error, indeterminate: this.#maybeStored }
    return this.outcome
  }
}
