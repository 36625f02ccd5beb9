import { ReplyError } from 'ioredis'
import { RepError } from '../../errors/rep-error.ts'

/** Replies that mean "not now": the same command may go through later. */
const PASSING =
  /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|OOM|NOREPLICAS|MISCONF|NOSCRIPT)\b/

/** What the client says of a lost connection is about its own options. */
function inPlainWords(message: string): string {
  if (message.startsWith("Stream isn't writeable")) return 'there is no connection'
  return message.startsWith('Reached the max retries') ? 'the connection broke' : message
}

/** What a failed command becomes: trouble with the connection, a passing refusal, or a fault of ours. */
export function redisError(error: unknown, host: string): RepError {
  if (error instanceof RepError) return error
  const message = error instanceof Error ? inPlainWords(error.message) : String(error)
  if (!(error instanceof ReplyError) || PASSING.test(message)) {
    return new RepError('REP_STORE_UNAVAILABLE', `Redis at ${host} does not take commands: ${message}`, {
      cause: error,
    })
  }
  const code = /^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message) ? 'REP_ENVIRONMENT' : 'REP_INTERNAL'
  return new RepError(code, `Redis at ${host} refused a command: ${message}`, { cause: error })
}
