import type { ErrorCode } from '../../errors/codes.ts'
import { RepError } from '../../errors/rep-error.ts'

/** Classes and codes of PostgreSQL's errors (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const PASSING = /^(08|40|53|55P03|57P0|58|25006)/
const ENVIRONMENT = /^(28|3D000|42501)/

/** What a failed statement becomes: trouble with the server, a fault of its set-up, or one of ours. */
export function sqlError(error: unknown, place: string): RepError {
  if (error instanceof RepError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = sqlState(error)
  if (code === null || PASSING.test(code))
    return failure('REP_STORE_UNAVAILABLE', `${place} does not take statements: ${message}`, error)
  return failure(
    ENVIRONMENT.test(code) ? 'REP_ENVIRONMENT' : 'REP_INTERNAL',
    `${place} refused a statement (${code}): ${message}`,
    error,
  )
}

/** Five characters; null where the error is not the server's. */
export function sqlState(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : null
}

function failure(code: ErrorCode, message: string, cause: unknown): RepError {
  return new RepError(code, message, { cause })
}

/** What a commit is that PostgreSQL answers with a rollback. */
export function passedOver(): RepError {
  return new RepError(
    'REP_INTERNAL',
    'A statement of the transaction had failed, and its error was passed over: nothing of it is stored.',
  )
}
