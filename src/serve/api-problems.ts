import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { RepError } from '../errors/rep-error.ts'

type Validation = NonNullable<FastifyError['validation']>[number]

export interface Problem {
  readonly code: string
  readonly message: string
  readonly in?: 'query' | 'path' | 'body'
  /** JSON Pointer (RFC 6901) to the value at fault. */
  readonly pointer?: string
}

/**
 * Turns errors into responses: 400 with a JSON pointer, 503 where trying again may help, else 500. The
 * message of a failure goes to `log`, not to the caller, who can do nothing with it.
 */
export function problemHandler(log: (line: string) => void) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    if ('validation' in error && error.validation !== undefined) {
      reply.code(400).send(validationProblem(error))
    } else if (error instanceof RepError && error.retryable) {
      reply.code(503).send({ code: error.code, message: error.message })
    } else if ('statusCode' in error && error.statusCode !== undefined && error.statusCode < 500) {
      reply.code(error.statusCode).send({ code: 'REP_USAGE', message: error.message })
    } else {
      log(`${request.method} ${request.url} failed: ${error.stack ?? error.message}`)
      const code = error instanceof RepError ? error.code : 'REP_INTERNAL'
      reply.code(500).send({ code, message: 'The service failed; its log says why.' })
    }
  }
}

function validationProblem(error: FastifyError): Problem {
  const first = error.validation![0]!
  const child = first.params.missingProperty ?? first.params.additionalProperty
  const pointer =
    typeof child === 'string' ? `${first.instancePath}/${escapePointer(child)}` : first.instancePath
  return {
    code: 'REP_USAGE',
    message: `${pointer} ${faultOf(first)}`,
    in: PLACES[error.validationContext ?? ''] ?? 'query',
    pointer,
  }
}

function faultOf({ keyword, params, message = 'is not valid' }: Validation): string {
  if (keyword === 'additionalProperties') return 'is not a parameter of this endpoint'
  if (keyword === 'required') return 'is missing'
  if (keyword === 'minLength' && params.limit === 1) return 'must not be empty'
  if (keyword === 'enum' && Array.isArray(params.allowedValues))
    return `must be one of ${params.allowedValues.join(', ')}`
  return message.replace('NOT', 'not')
}

const PLACES: Readonly<Record<string, NonNullable<Problem['in']>>> = { params: 'path', body: 'body' }

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
