import { z } from 'zod'
import { oneOf } from '../schema/fields.ts'

/** Keys whose values are never shown. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'token', 'apiKey', 'key'])

const NAME =
  'expected lower case letters, digits, dots and dashes, beginning with a letter or digit, e.g. team-a-'
const PREFIX = /^[a-z0-9][a-z0-9._-]{0,39}$/

function text(description: string) {
  return z.string({ error: 'expected text' }).min(1, { error: 'expected text' }).describe(description)
}

/** `host:port`. */
function address(description: string) {
  const error = 'expected host:port'
  return z
    .string({ error })
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/@]+):\d{1,5}$/, { error })
    .describe(description)
}

function addresses(description: string) {
  return z
    .array(address('host:port'), { error: 'expected a list of host:port' })
    .min(1, { error: 'expected one address at least' })
    .describe(description)
}

function url(schemes: readonly string[], description: string) {
  const error = `expected an address like ${schemes[0]}://host:port`
  const isOne = (given: string) =>
    URL.canParse(given) && schemes.includes(new URL(given).protocol.slice(0, -1))
  return z.string({ error }).refine(isOne, { error }).describe(description)
}

/** A secret: as it is, as `${NAME}` of the environment, or in a file named by the key with `File` behind it. */
function secret<const K extends string>(name: K, description: string) {
  return {
    [name]: text(`${description}; \${NAME} takes it from the environment.`).optional(),
    [`${name}File`]: text(`File that holds it, instead of ${name}.`).optional(),
  } as Record<K | `${K}File`, z.ZodOptional<z.ZodString>>
}

const tls = z
  .strictObject({
    ca: text('PEM file of the certificate authority; without it the system’s.').optional(),
    cert: text('PEM file of the client’s certificate.').optional(),
    key: text('PEM file of the client’s key.').optional(),
    insecure: z
      .boolean({ error: 'expected true or false' })
      .describe('True: takes any certificate. For tests alone.')
      .optional(),
  })
  .describe('Encrypted connections; an empty map for the system’s authorities.')
  .optional()

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

const sasl = z
  .strictObject({
    mechanism: oneOf(MECHANISMS).describe('How to log in.'),
    username: text('User name; not for OAUTHBEARER.').optional(),
    ...secret('password', 'Password; not for OAUTHBEARER'),
    ...secret('token', 'Token for OAUTHBEARER'),
  })
  .describe('Log-in, where the brokers ask for one.')
  .optional()

const account = {
  username: text('User name.').optional(),
  ...secret('password', 'Password'),
}

/** rep.yaml: services that rep did not start. One schema for the file, the environment and flags. */
export const externalSchema = z.strictObject({
  prefix: z
    .string({ error: NAME })
    .regex(PREFIX, { error: NAME })
    .describe('Goes before the name of every topic, group, index, key and subject.')
    .prefault('rep-'),
  kafka: z
    .strictObject({ brokers: addresses('Brokers to begin with.'), sasl, tls })
    .describe('The event log.'),
  registry: z
    .strictObject({
      url: url(['http', 'https'], 'Where Confluent’s schema registry API begins.'),
      ...account,
      tls,
    })
    .describe('The schema registry.'),
  elasticsearch: z
    .strictObject({
      nodes: z
        .array(url(['http', 'https'], 'Address of a node.'), { error: 'expected a list of addresses' })
        .min(1, { error: 'expected one address at least' })
        .describe('Addresses of nodes.'),
      ...secret('apiKey', 'API key, as Elasticsearch encodes it'),
      ...account,
      tls,
    })
    .describe('Documents and vectors.'),
  redis: z
    .strictObject({
      url: url(['redis', 'rediss'], 'One server; rediss for an encrypted connection.').optional(),
      cluster: addresses('Some nodes of a Redis Cluster, instead of url.').optional(),
      sentinel: z
        .strictObject({
          name: text('Name of the group of servers.'),
          nodes: addresses('Sentinels.'),
          username: text('User name at the sentinels.').optional(),
          ...secret('password', 'Password at the sentinels'),
        })
        .describe('Servers behind sentinels, instead of url.')
        .optional(),
      ...account,
      tls,
    })
    .describe('Preferences, counters and ranks.'),
  postgres: z
    .strictObject({
      url: url(['postgres', 'postgresql'], 'Server and database, e.g. postgres://db.example:5432/rep.'),
      ...account,
      tls,
    })
    .describe('Events and statistics; left out where no statistics are wanted.')
    .optional(),
})

export type ExternalInput = z.infer<typeof externalSchema>

/** The JSON Schema (draft 7) of rep.yaml, for editors: `scenarios/rep.schema.json`. */
export function externalJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(externalSchema, { io: 'input', target: 'draft-7' })
  // What a file leaves out may come from the environment or a flag.
  const lenient = JSON.parse(JSON.stringify(rest), (key: string, value: unknown) =>
    key === 'required' ? undefined : value,
  ) as object
  return `${JSON.stringify({ $schema, title: 'rep.yaml', ...lenient }, null, 2)}\n`
}
