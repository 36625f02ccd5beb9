import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import type { AppendFailure, AppendResult, LogRecord } from '../../ports/event-log.ts'
import type { PlacedBatch } from './kafka-client.ts'
import { unavailable } from './kafka-errors.ts'
import { asBuffer, DUE_HEADER, encodeDue, textHeader } from './kafka-headers.ts'
import type { KafkaSettings } from './kafka-options.ts'
import type {
  RdkafkaConfig,
  RdkafkaError,
  RdkafkaModule,
  RdkafkaProducer,
  RdkafkaReport,
} from './rdkafka-module.ts'

/** Positions of a batch in the numbers that go with its records; a batch has fewer records. */
const POSITIONS = 2 ** 24
const REPORT_EVERY_MS = 1
const CLOSE_MS = 5000
/** Names of errors that say for certain that the record is not stored. */
const REFUSED = [
  'ERR_MSG_SIZE_TOO_LARGE',
  'ERR_INVALID_MSG',
  'ERR_TOPIC_AUTHORIZATION_FAILED',
  'ERR__UNKNOWN_TOPIC',
  'ERR__UNKNOWN_PARTITION',
]

interface Pending {
  readonly batch: PlacedBatch
  readonly offsets: Float64Array
  readonly failures: AppendFailure[]
  left: number
  readonly resolve: (result: AppendResult) => void
}

/** An idempotent producer on node-rdkafka. librdkafka gathers the records of all appends and keeps them in order. */
export class RdkafkaLogProducer {
  readonly #producer: RdkafkaProducer
  readonly #settings: KafkaSettings
  readonly #refused: ReadonlySet<number>
  readonly #queueFull: number
  readonly #pending = new Map<number, Pending>()
  #next = 0
  #connected: Promise<void> | null = null
  #reports: NodeJS.Timeout | null = null

  constructor(module: RdkafkaModule, config: RdkafkaConfig, settings: KafkaSettings) {
    const { ERRORS } = module.CODES
    this.#settings = settings
    this.#refused = new Set(REFUSED.map((name) => ERRORS[name]!))
    this.#queueFull = ERRORS.ERR__QUEUE_FULL!
    this.#producer = new module.Producer(
      {
        ...config,
        'enable.idempotence': true,
        'compression.codec': settings.compression,
        'linger.ms': settings.lingerMs,
        'message.max.bytes': 8 * 1024 * 1024,
        'delivery.timeout.ms': settings.requestTimeoutMs * 2,
        'request.timeout.ms': settings.requestTimeoutMs,
        dr_cb: true,
      },
      {},
    )
    this.#producer.on('delivery-report', (error: RdkafkaError | null, report: RdkafkaReport) =>
      this.#delivered(error, report),
    )
    // Broken connections are mended by librdkafka; records that wait too long for that fail by their report.
    this.#producer.on('event.error', () => undefined)
  }

  async append(batch: PlacedBatch, signal?: AbortSignal): Promise<AppendResult> {
    await this.#connect()
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const id = this.#next++
      const left = batch.records.length
      this.#pending.set(id, { batch, offsets: new Float64Array(left).fill(-1), failures: [], left, resolve })
      this.#produceAll(id, batch).catch(reject)
      this.#reports ??= setInterval(() => this.#poll(), REPORT_EVERY_MS)
    })
  }

  async close(): Promise<void> {
    if (this.#connected === null) return
    await this.#connected
    if (this.#reports !== null) clearInterval(this.#reports)
    await new Promise<void>((resolve) => this.#producer.disconnect(CLOSE_MS, resolve))
  }

  async #connect(): Promise<void> {
    this.#connected ??= new Promise<void>((resolve, reject) => {
      const timeout = this.#settings.requestTimeoutMs
      this.#producer.connect({ timeout }, (error) => (error ? reject(error) : resolve()))
    })
    try {
      await this.#connected
    } catch (error) {
      this.#connected = null
      throw unavailable('nothing was appended', error)
    }
  }

  async #produceAll(id: number, { topic, records, partitions }: PlacedBatch): Promise<void> {
    const full = this.#settings.prefix + topic
    for (let i = 0; i < records.length; ) {
      const { key, value, dueUs, headers } = records[i]!
      try {
        const opaque = id * POSITIONS + i
        this.#producer.produce(
          full,
          partitions[i]!,
          asBuffer(value),
          asBuffer(key),
          Date.now(),
          opaque,
          headersOf(dueUs, headers),
        )
        i++
      } catch (error) {
        const failure = error as RdkafkaError
        if (failure.code === this.#queueFull) {
          this.#poll()
          await sleep(REPORT_EVERY_MS)
        } else {
          this.#settle(id, i, this.#failure(failure))
          i++
        }
      }
    }
  }

  #poll(): void {
    if (this.#producer.isConnected()) this.#producer.poll()
  }

  #delivered(error: RdkafkaError | null, { offset, opaque }: RdkafkaReport): void {
    const id = Math.floor(opaque / POSITIONS)
    this.#settle(id, opaque - id * POSITIONS, error ? this.#failure(error) : offset)
  }

  #failure(error: RdkafkaError): Omit<AppendFailure, 'position'> {
    const refused = this.#refused.has(error.code)
    const code = refused ? 'REP_CODEC' : 'REP_LOG_UNAVAILABLE'
    const message = `Kafka ${refused ? 'refused a record' : 'did not acknowledge a record'}: ${error.message}.`
    return { error: new RepError(code, message, { cause: error }), indeterminate: !refused }
  }

  #settle(id: number, position: number, outcome: number | Omit<AppendFailure, 'position'>): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    if (typeof outcome === 'number') pending.offsets[position] = outcome
    else pending.failures.push({ position, ...outcome })
    if (--pending.left > 0) return
    this.#pending.delete(id)
    if (this.#pending.size === 0 && this.#reports !== null) {
      clearInterval(this.#reports)
      this.#reports = null
    }
    const { batch, offsets, failures, resolve } = pending
    const { partitions } = batch
    failures.sort((a, b) => a.position - b.position)
    resolve(failures.length === 0 ? { partitions, offsets } : { partitions, offsets, failures })
  }
}

function headersOf(dueUs: number, headers: LogRecord['headers']): Record<string, string>[] | undefined {
  if (dueUs === 0 && headers === undefined) return undefined
  const texts: Record<string, string>[] = []
  // node-rdkafka writes header values as text: bytes that are not UTF-8 would arrive as others.
  if (dueUs !== 0) texts.push({ [DUE_HEADER]: encodeDue(dueUs).toString('hex') })
  for (const [key, value] of Object.entries(headers ?? {})) {
    const { name, text } = textHeader(key, value)
    texts.push({ [name]: text })
  }
  return texts
}
