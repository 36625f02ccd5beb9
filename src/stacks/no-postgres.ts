import { RepError } from '../errors/rep-error.ts'
import { startCommand } from './stack-description.ts'

/** What to install for it. */
export const INSTALL_POSTGRES = 'install PostgreSQL 14 or newer (Debian: apt-get install postgresql)'

/** Said where a stack's PostgreSQL is needed and it has none. */
export function noPostgres(stack: string): RepError {
  const remedy =
    stack === 'external'
      ? 'describe one in rep.yaml, as postgres.url'
      : `${INSTALL_POSTGRES} and run ${startCommand(stack)} again`
  return new RepError('REP_ENVIRONMENT', `The ${stack} stack has no PostgreSQL: ${remedy}.`)
}
