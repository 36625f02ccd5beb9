import { protocolErrorsCodesById } from '@platformatic/kafka'
import { RepError } from '../../errors/rep-error.ts'
import type { PartitionOutcome, SendOutcome } from './kafka-appender.ts'
import { reasonOf } from './kafka-errors.ts'

interface PlacedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

interface PartitionResponse {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: bigint
}

interface ProduceResponse {
  readonly responses: readonly {
    readonly name: string
    readonly partitionResponses: readonly PartitionResponse[]
  }[]
}

/** Answers after which the records may be in the log all the same. */
const MAYBE_STORED: ReadonlySet<string> = new Set(['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'])
/** Answers that sending again will not change. */
const REFUSED: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'])

/** What became of a send that the client takes for done. */
export function outcomeOfSuccess(offsets: readonly PlacedOffset[], prefix: string): SendOutcome {
  return lookup(stored(offsets), prefix, new Error('the broker’s answer leaves this partition out'))
}

/**
 * What became of a send that failed: partitions of brokers that answered have their own outcome, and of all
 * others nobody knows.
 */
export function outcomeOfFailure(error: unknown, prefix: string): SendOutcome {
  const { produced } = error as { produced?: { offsets?: readonly PlacedOffset[] } }
  const outcomes = stored(produced?.offsets ?? [])
  for (const { response } of eachError(error)) {
    for (const { name, partitionResponses } of response?.responses ?? []) {
      for (const answer of partitionResponses) outcomes.set(`${name}/${answer.index}`, outcomeOf(answer))
    }
  }
  return lookup(outcomes, prefix, error)
}

/** True when every try ended before a request could be sent: no broker could be reached. */
export function neverSent(error: unknown): boolean {
  const { produced } = error as { produced?: { offsets?: readonly PlacedOffset[] } }
  if ((produced?.offsets?.length ?? 0) > 0) return false
  const causes = [...eachError(error)].filter(({ errors }) => errors === undefined)
  return causes.every(({ message = '' }) => /^Connection (to|ready|closed while waiting)/.test(message))
}

interface ClientError {
  readonly message?: string
  readonly errors?: readonly unknown[]
  readonly response?: ProduceResponse
}

/** An error and all that it is made of, oldest first. */
function* eachError(error: unknown): Generator<ClientError> {
  const known = error as ClientError
  yield known
  for (const part of known.errors ?? []) yield* eachError(part)
}

function stored(offsets: readonly PlacedOffset[]): Map<string, PartitionOutcome> {
  return new Map(
    offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, { baseOffset: Number(offset) }]),
  )
}

function outcomeOf({ errorCode, baseOffset }: PartitionResponse): PartitionOutcome {
  if (errorCode === 0) return { baseOffset: Number(baseOffset) }
  const name = protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`
  const code = REFUSED.has(name) ? 'REP_CODEC' : 'REP_LOG_UNAVAILABLE'
  return {
    error: new RepError(code, `Kafka refused a batch: ${name}.`),
    indeterminate: MAYBE_STORED.has(name),
  }
}

function lookup(
  outcomes: ReadonlyMap<string, PartitionOutcome>,
  prefix: string,
  cause: unknown,
): SendOutcome {
  return (topic, partition) =>
    outcomes.get(`${prefix}${topic}/${partition}`) ?? {
      error: new RepError(
        'REP_LOG_UNAVAILABLE',
        `Kafka did not say whether a batch for ${topic}/${partition} was stored: ${reasonOf(cause)}`,
        { cause },
      ),
      indeterminate: true,
    }
}
