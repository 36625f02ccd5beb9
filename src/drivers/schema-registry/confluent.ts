import { RepError } from '../../errors/rep-error.ts'
import type { SchemaRegistry } from '../../ports/schema-registry.ts'
import { type RegistryAddress, RegistryHttp } from './registry-http.ts'

/** Where the API begins is `http://host:8081` of Confluent's registry, `http://host:port/apis/ccompat/v7` of Apicurio's. */
export interface ConfluentRegistryOptions extends RegistryAddress {
  /** Goes before every subject. Default: none. */
  readonly prefix?: string
}

const COMPATIBILITY = 'BACKWARD_TRANSITIVE'

/** Client of the API that Confluent's schema registry has, and Apicurio's beside its own. */
export class ConfluentSchemaRegistry implements SchemaRegistry {
  readonly capabilities = { driver: 'confluent-api' }
  readonly #http: RegistryHttp
  readonly #prefix: string

  constructor(options: ConfluentRegistryOptions) {
    this.#http = new RegistryHttp(options)
    this.#prefix = options.prefix ?? ''
  }

  async register(subject: string, versions: readonly object[]): Promise<readonly number[]> {
    const name = this.#prefix + subject
    const path = `/subjects/${encodeURIComponent(name)}`
    const known = await Promise.all(versions.map((schema) => this.#find(path, schema)))
    // Only what is missing is written: a registry that is read-only, or that has all, takes no write.
    if (known.every((id) => id !== null)) return known
    await this.#http.ask('PUT', `/config/${encodeURIComponent(name)}`, { compatibility: COMPATIBILITY })
    const ids: number[] = []
    for (const [i, schema] of versions.entries())
      ids.push(known[i] ?? (await this.#add(path, schema, `version ${i + 1} of ${name}`)))
    return ids
  }

  /**
   * Whose a subject is: `owned` where every one of these versions is registered, `missing` where some are not
   * and may be added, `foreign` where there are versions that are none of these in their place.
   */
  async ownership(subject: string, versions: readonly object[]): Promise<'missing' | 'owned' | 'foreign'> {
    const path = `/subjects/${encodeURIComponent(this.#prefix + subject)}`
    const known = await Promise.all(versions.map((schema) => this.#find(path, schema)))
    const own = known.filter((id) => id !== null).length
    if (own === versions.length) return 'owned'
    const { status, body } = await this.#http.ask<readonly number[]>('GET', `${path}/versions`)
    return status === 200 && Array.isArray(body) && body.length > own ? 'foreign' : 'missing'
  }

  /** The version of Apicurio's registry; Confluent's says its own where it has metadata. */
  async serverVersion(): Promise<string> {
    const origin = this.#http.origin
    const apicurio = await this.#http.ask<{ version?: string }>(
      'GET',
      `${origin}/apis/registry/v3/system/info`,
    )
    if (apicurio.status === 200 && apicurio.body.version !== undefined)
      return `apicurio ${apicurio.body.version}`
    const confluent = await this.#http.ask<{ version?: string }>('GET', '/v1/metadata/version')
    return confluent.status === 200 ? `confluent ${confluent.body.version ?? 'unknown'}` : 'unknown'
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  async #find(path: string, schema: object): Promise<number | null> {
    const { status, body } = await this.#http.ask<{ id?: number }>('POST', path, bodyOf(schema))
    return status === 200 && body.id !== undefined ? body.id : null
  }

  async #add(path: string, schema: object, what: string): Promise<number> {
    const answer = await this.#http.ask<{ id?: number }>('POST', `${path}/versions`, bodyOf(schema))
    if (answer.status === 200 && answer.body.id !== undefined) return answer.body.id
    const place = `The schema registry at ${this.#http.host}`
    const verdict =
      answer.status === 409 ? 'takes it for incompatible' : `refused it with status ${answer.status}`
    throw new RepError('REP_SCHEMA', `${place} has no ${what}: it ${verdict}: ${answer.reason}`)
  }
}

function bodyOf(schema: object): { schema: string; schemaType: string } {
  return { schema: JSON.stringify(schema), schemaType: 'AVRO' }
}
