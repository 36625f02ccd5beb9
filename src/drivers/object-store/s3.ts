import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { RepError } from '../../errors/rep-error.ts'
import type {
  ByteRange,
  ListOptions,
  ObjectBody,
  ObjectStore,
  StoredObject,
} from '../../ports/object-store.ts'
import { checkedKey } from './object-key.ts'
import { s3Error, statusOf } from './s3-errors.ts'
import { parseS3Place, type S3Options, type S3Place, s3ClientConfig } from './s3-options.ts'
import { parts } from './upload-parts.ts'

/** Larger objects go in parts of this size: the least that S3 allows is 5 MiB. */
const PART_BYTES = 16 * 1024 * 1024
/** Keys of one deletion, as S3 limits it. */
const MOST_DELETIONS = 1000

/** Objects of a bucket of S3, or of a service that speaks its protocol, below a prefix. */
export class S3ObjectStore implements ObjectStore {
  readonly capabilities: ObjectStore['capabilities']
  readonly #client: S3Client
  readonly #at: S3Place

  /** `url` is `s3://bucket/prefix`; nothing is asked of the service yet. */
  constructor(url: string, options: S3Options = {}) {
    this.#at = parseS3Place(url)
    this.#client = new S3Client(s3ClientConfig(options))
    const place = `s3://${this.#at.bucket}/${this.#at.prefix}`.replace(/\/$/, '')
    this.capabilities = { driver: 's3', place }
  }

  async put(key: string, body: ObjectBody, signal?: AbortSignal): Promise<void> {
    const target = this.#target(key)
    await this.#ask(async () => {
      const pieces = parts(body instanceof Uint8Array ? [body] : body, PART_BYTES)
      const first = (await pieces.next()).value ?? new Uint8Array()
      const second = await pieces.next()
      if (second.done)
        await this.#client.send(new PutObjectCommand({ ...target, Body: first }), abortedBy(signal))
      else await this.#putParts(target, prepend([first, second.value], pieces), signal)
    })
  }

  async putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    const command = new PutObjectCommand({ ...this.#target(key), Body: body, IfNoneMatch: '*' })
    return this.#ask(async () => {
      try {
        await this.#client.send(command, abortedBy(signal))
        return true
      } catch (error) {
        if (statusOf(error) === 412) return false
        throw error
      }
    })
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array | null> {
    const command = new GetObjectCommand({ ...this.#target(key), ...rangeOf(range) })
    return this.#ask(async () => {
      try {
        const { Body } = await this.#client.send(command, abortedBy(signal))
        return (await Body?.transformToByteArray()) ?? new Uint8Array()
      } catch (error) {
        if (statusOf(error) === 404 && !isBucketMissing(error)) return null
        // Nothing lies in the range, or the object is empty.
        if (statusOf(error) === 416) return new Uint8Array()
        throw error
      }
    })
  }

  async head(key: string): Promise<StoredObject | null> {
    const command = new HeadObjectCommand(this.#target(key))
    return this.#ask(async () => {
      try {
        const { ContentLength = 0 } = await this.#client.send(command)
        return { key, bytes: ContentLength }
      } catch (error) {
        if (statusOf(error) === 404) return null
        throw error
      }
    })
  }

  async *list(prefix: string, { after }: ListOptions = {}): AsyncIterable<readonly StoredObject[]> {
    const { bucket, prefix: root } = this.#at
    let next: string | undefined
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: root + prefix,
        ...(after === undefined ? {} : { StartAfter: root + after }),
        ...(next === undefined ? {} : { ContinuationToken: next }),
      })
      const { Contents = [], NextContinuationToken } = await this.#ask(() => this.#client.send(command))
      const page = Contents.map(({ Key = '', Size = 0 }) => ({ key: Key.slice(root.length), bytes: Size }))
      if (page.length > 0) yield page
      next = NextContinuationToken
    } while (next !== undefined)
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += MOST_DELETIONS) {
      const names = keys.slice(from, from + MOST_DELETIONS)
      const Objects = names.map((key) => ({ Key: this.#at.prefix + checkedKey(key) }))
      const command = new DeleteObjectsCommand({ Bucket: this.#at.bucket, Delete: { Objects, Quiet: true } })
      const { Errors = [] } = await this.#ask(() => this.#client.send(command))
      const [first] = Errors
      if (first !== undefined) {
        const what = `${Errors.length} objects cannot be deleted: ${first.Code} ${first.Message ?? ''}`
        throw new RepError('REP_STORE_UNAVAILABLE', `${this.capabilities.place}: ${what.trim()}.`)
      }
    }
  }

  async close(): Promise<void> {
    this.#client.destroy()
  }

  /** Nobody sees an object in parts before all of them are there. */
  async #putParts(
    target: { readonly Bucket: string; readonly Key: string },
    pieces: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(target), abortedBy(signal))
    const upload = { ...target, UploadId }
    try {
      const Parts: { ETag: string | undefined; PartNumber: number }[] = []
      for await (const Body of pieces) {
        const PartNumber = Parts.length + 1
        const command = new UploadPartCommand({ ...upload, PartNumber, Body })
        const { ETag } = await this.#client.send(command, abortedBy(signal))
        Parts.push({ ETag, PartNumber })
      }
      const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
      await this.#client.send(command, abortedBy(signal))
    } catch (error) {
      // Parts of what is never completed cost storage; the first error is the one to tell.
      await Promise.allSettled([this.#client.send(new AbortMultipartUploadCommand(upload))])
      throw error
    }
  }

  #target(key: string) {
    return { Bucket: this.#at.bucket, Key: this.#at.prefix + checkedKey(key) }
  }

  async #ask<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      throw s3Error(this.capabilities.place, error)
    }
  }
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function rangeOf(range: ByteRange | undefined): { Range?: string } {
  if (range === undefined) return {}
  const { start, end } = range
  if (start < 0) return { Range: `bytes=${start}` }
  return { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` }
}

function isBucketMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchBucket'
}

async function* prepend(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first
  yield* rest
}
