import { RepError } from '../../errors/rep-error.ts'

/** What an S3 service answers where the request itself is at fault, in a user's words. */
const REFUSALS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket: create it, or check its name',
  AccessDenied: 'the credentials do not allow it',
  InvalidAccessKeyId: 'the access key is not known there',
  SignatureDoesNotMatch: 'the secret key does not fit the access key',
  PermanentRedirect: 'the bucket is in another region: set AWS_REGION',
  AuthorizationHeaderMalformed: 'the region is wrong: set AWS_REGION',
  CredentialsProviderError: 'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
}

/** HTTP status of a service's answer; 0 where there was none. */
export function statusOf(error: unknown): number {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } }
  return $metadata?.httpStatusCode ?? 0
}

/** An error of the client as rep's: retryable unless the request is at fault. */
export function s3Error(place: string, error: unknown): unknown {
  if (error instanceof RepError || !(error instanceof Error)) return error
  if (error.name === 'AbortError') return error
  const status = statusOf(error)
  const refused = REFUSALS[error.name] ?? (status === 403 ? REFUSALS.AccessDenied : undefined)
  if (refused !== undefined) {
    return new RepError('REP_ENVIRONMENT', `${place} cannot be used: ${refused}.`, { cause: error })
  }
  const certain = status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429
  const what = `${error.name}${error.message === '' ? '' : `: ${error.message}`}`
  return certain
    ? new RepError('REP_INTERNAL', `${place} refused a request: ${what}.`, { cause: error })
    : new RepError('REP_STORE_UNAVAILABLE', `${place} does not answer: ${what}.`, { cause: error })
}
