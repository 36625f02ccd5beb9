import { RepError } from '../../errors/rep-error.ts'

/** What the brokers say of a user who may not come in, or may not do this. */
const REFUSALS: ReadonlySet<string> = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])

/** An error of a client as rep's own: the event log cannot be reached, does not answer, or lets this user not in. */
export function unavailable(what: string, cause: unknown): RepError {
  if (cause instanceof RepError) return cause
  if (isRefusal(cause))
    return new RepError('REP_ENVIRONMENT', `Kafka refuses access: ${what}: ${reasonOf(cause)}`, { cause })
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

/** Clients wrap the broker's answer in errors of their own, several deep. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, apiId, type } = error as { code?: unknown; apiId?: unknown; type?: unknown }
  if (code === 'PLT_KFK_AUTHENTICATION' || error.name === 'KafkaJSSASLAuthenticationError') return true
  if ([apiId, type].some((name) => typeof name === 'string' && REFUSALS.has(name))) return true
  if (error instanceof AggregateError && error.errors.some(isRefusal)) return true
  return isRefusal(error.cause)
}

/** The innermost message that says something: clients wrap one error in another. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1))
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return `${error.message} ${reasonOf(error.cause)}`
  return error.message || error.name
}
