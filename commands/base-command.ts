import { Command } from '@oclif/core'
import { formatError } from '../src/errors/format-error.ts'
import { RepError } from '../src/errors/rep-error.ts'

/** What every command shares: rep's errors and exit statuses, also under --json (where oclif would lose them). */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<void> {
    const usage = error.oclif?.exit !== undefined && !(error instanceof RepError)
    const known = usage ? new RepError('REP_USAGE', error.message) : error
    process.exitCode = known instanceof RepError ? known.exit : 1
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(known))
    else process.stderr.write(`${formatError(known)}\n`)
  }

  protected override toErrorJson(error: unknown): unknown {
    if (!(error instanceof RepError)) return { error: { code: 'REP_INTERNAL', message: String(error) } }
    const { code, message, details, hint } = error
    return { error: { code, message, details, hint } }
  }
}
