import { RepError } from '../../errors/rep-error.ts'

/** An error of a client as rep's own: the event log cannot be reached, or does not answer. */
export function unavailable(what: string, cause: unknown): RepError {
  if (cause instanceof RepError) return cause
  return new RepError('REP_LOG_UNAVAILABLE', `Kafka: ${what}: ${reasonOf(cause)}`, { cause })
}

/** The group has given this member's partitions to others. */
export function fenced(group: string, what: string, cause?: unknown): RepError {
  return new RepError('REP_LOG_FENCED', `Group ${group}: ${what}. Nothing was committed.`, { cause })
}

/** The topic does not exist. */
export function unknownTopic(name: string): RepError {
  return new RepError('REP_LOG_TOPIC', `There is no topic ${name}. Create it with ensureTopics first.`)
}

/** The innermost message that says something: clients wrap one error in another. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1))
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return `${error.message} ${reasonOf(error.cause)}`
  return error.message || error.name
}
