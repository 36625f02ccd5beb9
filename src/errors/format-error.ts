import { redact } from './redact.ts'
import { RepError } from './rep-error.ts'

/**
 * An error as lines for the terminal: what happened, every detail on its own line, what to do. An error that
 * rep did not expect also shows its stack, but only where `DEBUG` names rep (`DEBUG=rep`).
 */
export function formatError(error: unknown, env: NodeJS.ProcessEnv = process.env): string {
  const debug = /(^|[\s,])(rep|\*)/.test(env.DEBUG ?? '')
  const known = error instanceof RepError ? error : unexpected(error)
  const lines = [
    `Error: ${known.message}`,
    ...known.details.map((detail) => `  ${detail}`),
    `Hint: ${known.hint}`,
  ]
  if (debug) lines.push(...stackLines(error))
  // Stacks and errors that are not rep's may hold what a service said.
  return redact(lines.join('\n'))
}

function unexpected(error: unknown): RepError {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return new RepError('REP_INTERNAL', message, { cause: error })
}

/** The stack, and the stacks of what caused it, innermost last. */
function stackLines(error: unknown): string[] {
  const lines: string[] = []
  const seen = new Set<unknown>()
  for (let cause = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    const text = cause.stack ?? String(cause)
    lines.push(seen.size === 0 ? text : `Caused by: ${text}`)
    seen.add(cause)
  }
  return lines
}
