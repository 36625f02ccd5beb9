import { suggest } from '../config/suggest.ts'
import { RepError } from '../errors/rep-error.ts'

/** The error for a command that rep does not have, naming the one that was probably meant. */
export function unknownCommand(given: string, known: readonly string[]): RepError {
  const near = suggest(given, known)
  const question = near === undefined ? '' : `; did you mean “${near}”?`
  return new RepError('REP_USAGE', `rep has no command “${given}”${question}`)
}
