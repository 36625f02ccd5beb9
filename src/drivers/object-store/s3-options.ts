import { RepError } from '../../errors/rep-error.ts'

/** Where an S3 service is and how to get in; what is not given comes from the AWS variables of the environment. */
export interface S3Options {
  /** `http://host:port` of a service other than AWS. */
  readonly endpoint?: string
  readonly region?: string
  /** `http://host/bucket` rather than `http://bucket.host`. Default: where an endpoint is given. */
  readonly pathStyle?: boolean
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

export interface S3Place {
  readonly bucket: string
  /** Empty, or ending with a slash. */
  readonly prefix: string
}

/** Reads `s3://bucket/prefix`; throws REP_USAGE where it is none. */
export function parseS3Place(url: string): S3Place {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? []
  const parts = path.split('/').filter((part) => part !== '')
  if (bucket !== undefined && parts.every((part) => !part.startsWith('.'))) {
    return { bucket, prefix: parts.map((part) => `${part}/`).join('') }
  }
  throw new RepError('REP_USAGE', `“${url}” is no place in S3: expected s3://bucket/prefix.`)
}

/** The client's configuration, from options and environment. */
export function s3ClientConfig(options: S3Options) {
  const { accessKeyId, secretAccessKey, region = process.env.AWS_REGION ?? 'us-east-1' } = options
  const endpoint = options.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL
  const keys =
    accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    // Services other than AWS do not all know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...keys,
  } as const
}
