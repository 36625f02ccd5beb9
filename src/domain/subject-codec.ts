import avro, { type schema, type Type } from 'avsc'
import { RepError } from '../errors/rep-error.ts'
import { BoundedMapType } from './bounded-map.ts'

/** Bytes of the Confluent framing before the Avro data: magic 0 and the schema id. */
export const FRAME_BYTES = 5
const MAGIC = 0

/** Reads one shape of a record from the bytes of any registered version. */
export type Read<T> = (bytes: Uint8Array) => T

/** The reader of one writer's version: avsc's type, and its resolver where writer and reader differ. */
interface Reader {
  readonly type: Type
  readonly resolver: ReturnType<Type['createResolver']> | undefined
}

/**
 * Encodes one subject's latest version and reads all of its versions. Framing is Confluent's wire format:
 * byte 0 is 0, bytes 1 to 4 are the schema id (big-endian), the rest is Avro binary.
 */
export class SubjectCodec<T> {
  readonly subject: string
  readonly #versions: readonly Type[]
  readonly #ids: readonly number[]
  #scratch = Buffer.alloc(4096)

  /** `ids[i]` is the schema id of `versions[i]`, oldest first. */
  constructor(subject: string, versions: readonly schema.AvroSchema[], ids: readonly number[]) {
    if (ids.length !== versions.length) {
      throw new RepError(
        'REP_INTERNAL',
        `Subject ${subject} has ${versions.length} schema versions, but ${ids.length} schema ids were given.`,
      )
    }
    this.subject = subject
    this.#versions = versions.map(typeOf)
    this.#ids = ids
    this.#frame()
  }

  /** Rejects a value that does not fit the schema with REP_CODEC, naming the fields. */
  encode(value: T): Uint8Array {
    const type = this.#versions.at(-1)!
    let end: number
    try {
      end = type.encode(value, this.#scratch, FRAME_BYTES)
    } catch (error) {
      throw this.#unfit(type, value, error)
    }
    if (end < 0) {
      this.#scratch = Buffer.alloc(2 * (this.#scratch.length - end))
      this.#frame()
      return this.encode(value)
    }
    const bytes = Buffer.allocUnsafe(end)
    this.#scratch.copy(bytes, 0, 0, end)
    return bytes
  }

  /** A reader of the latest version's shape or, with `shape`, of a part of it. */
  reader<S = T>(shape?: schema.AvroSchema): Read<S> {
    const target = shape === undefined ? this.#versions.at(-1)! : typeOf(shape)
    const readers = new Map<number, Reader>()
    this.#versions.forEach((version, i) => {
      const resolver = version === target ? undefined : target.createResolver(version)
      readers.set(this.#ids[i]!, { type: target, resolver })
    })
    return (bytes) => this.#read(bytes, readers) as S
  }

  #read(bytes: Uint8Array, readers: ReadonlyMap<number, Reader>): unknown {
    const buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (buffer.length < FRAME_BYTES) throw this.#bad(`${buffer.length} bytes are too few for a frame`)
    if (buffer[0] !== MAGIC) throw this.#bad(`the first byte is ${buffer[0]}, not the magic byte 0`)
    const id = buffer.readUInt32BE(1)
    const reader = readers.get(id)
    if (reader === undefined) throw this.#bad(`unknown schema id ${id}; known: ${this.#ids.join(', ')}`)
    let read: { value: unknown; offset: number }
    try {
      read = reader.type.decode(buffer, FRAME_BYTES, reader.resolver)
    } catch (error) {
      throw this.#bad(`schema id ${id}: ${error instanceof Error ? error.message : String(error)}`, error)
    }
    if (read.offset < 0) throw this.#bad(`schema id ${id}: truncated at ${buffer.length} bytes`)
    if (read.offset < buffer.length) {
      throw this.#bad(`schema id ${id}: ${buffer.length - read.offset} trailing bytes`)
    }
    return read.value
  }

  #frame(): void {
    this.#scratch[0] = MAGIC
    this.#scratch.writeUInt32BE(this.#ids.at(-1)!, 1)
  }

  #bad(reason: string, cause?: unknown): RepError {
    return new RepError('REP_CODEC', `Not a record of ${this.subject}: ${reason}.`, { cause })
  }

  #unfit(type: Type, value: T, cause: unknown): RepError {
    const details: string[] = []
    type.isValid(value, {
      errorHook: (path, found) => {
        details.push(`${path.join('.')}: ${JSON.stringify(found) ?? 'missing'}`)
      },
    })
    return new RepError('REP_CODEC', `A value does not fit ${this.subject}: ${details.join('; ')}.`, {
      cause,
      details,
    })
  }
}

function typeOf(versionSchema: schema.AvroSchema): Type {
  return avro.Type.forSchema(versionSchema, {
    omitRecordMethods: true,
    typeHook: (part, options) => (isMap(part) ? new BoundedMapType(part, options) : undefined),
  })
}

function isMap(part: unknown): part is schema.MapType {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'map'
}
