import { Command } from '@oclif/core'
import { suggest } from '../src/config/suggest.ts'
import { formatError } from '../src/errors/format-error.ts'
import { redact } from '../src/errors/redact.ts'
import { RepError } from '../src/errors/rep-error.ts'

/** What every command shares: rep's errors and exit statuses, also under --json (where oclif would lose them). */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<void> {
    const usage = error.oclif?.exit !== undefined && !(error instanceof RepError)
    const known = usage ? this.#misuse(error.message) : error
    process.exitCode = known instanceof RepError ? known.exit : 1
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(known))
    else process.stderr.write(`${formatError(known)}\n`)
  }

  protected override toErrorJson(error: unknown): unknown {
    if (!(error instanceof RepError))
      return { error: { code: 'REP_INTERNAL', message: redact(String(error)) } }
    const { code, message, details, hint } = error
    return { error: { code, message, details, hint } }
  }

  /** What the parser did not understand, with the flag that was probably meant. */
  #misuse(parsed: string): RepError {
    // The parser ends its messages with a hint of its own.
    const message = parsed.replace(/\nSee more help with --help$/, '')
    const [, flag] = /^Nonexistent flags?: --(\S+?),?(\s|$)/.exec(message) ?? []
    const near = flag === undefined ? undefined : suggest(flag, Object.keys(this.ctor.flags))
    return new RepError('REP_USAGE', near === undefined ? message : `${message}; did you mean --${near}?`)
  }
}
