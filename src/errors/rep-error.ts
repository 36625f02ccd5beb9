import { CODES, type ErrorCode } from './codes.ts'
import { redact } from './redact.ts'

/** The one error class: a code of the table, what happened, and optionally more lines of detail. Without secrets. */
export class RepError extends Error {
  readonly code: ErrorCode
  /** One line each: every fault of an input, with its place. */
  readonly details: readonly string[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: readonly string[] } = {},
  ) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RepError'
    this.code = code
    this.details = (options.details ?? []).map(redact)
  }

  get exit(): number {
    return CODES[this.code].exit
  }

  get hint(): string {
    return CODES[this.code].hint
  }

  get retryable(): boolean {
    return 'retryable' in CODES[this.code]
  }
}
