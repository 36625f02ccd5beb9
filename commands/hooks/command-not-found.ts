import type { Hook } from '@oclif/core'
import { unknownCommand } from '../../src/app/unknown-command.ts'
import { formatError } from '../../src/errors/format-error.ts'

/** `rep simulat`: says what was probably meant, like any other misuse. */
const hook: Hook.CommandNotFound = async ({ id, argv, config }) => {
  const error = unknownCommand(
    id.replaceAll(':', ' '),
    config.commandIDs.map((known) => known.replaceAll(':', ' ')),
  )
  const { code, message, details, hint, exit } = error
  if (argv?.includes('--json') || process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, details, hint } }, null, 2)}\n`)
  } else process.stderr.write(`${formatError(error)}\n`)
  process.exit(exit)
}

export default hook
