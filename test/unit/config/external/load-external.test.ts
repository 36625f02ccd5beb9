import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { externalJsonSchema } from '../../../../src/config/external/external-schema.ts'
import { type ExternalFlags, loadExternal } from '../../../../src/config/external/load-external.ts'
import { formatError } from '../../../../src/errors/format-error.ts'
import type { RepError } from '../../../../src/errors/rep-error.ts'

let directory: string
let file: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rep-config-'))
  file = join(directory, 'rep.yaml')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const WHOLE = `
prefix: team-a-
kafka:
  brokers: [k1:9093, k2:9093]
  sasl:
    mechanism: SCRAM-SHA-512
    username: rep
    password: \${KAFKA_WORD}
  tls:
    ca: ./ca.pem
registry:
  url: https://reg:8081/apis/ccompat/v7/
  username: reg
  password: reg-s3cret
elasticsearch:
  nodes: [https://e1:9200, https://e2:9200]
  apiKeyFile: ./key.txt
redis:
  sentinel:
    name: main
    nodes: [s1:26379, s2:26379]
    password: sentinel-s3cret
  password: redis-s3cret
postgres:
  url: postgres://db:5433/rep
  username: sql
  password: sql-s3cret
`
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'

test('a whole file: secrets from the environment, from files, and as they are', async () => {
  await writeFile(join(directory, 'ca.pem'), `${PEM}\n`)
  await writeFile(join(directory, 'key.txt'), 'es-s3cret\n')
  expect(await load(WHOLE, {}, { KAFKA_WORD: 'kafka-s3cret' })).toEqual({
    prefix: 'team-a-',
    kafka: {
      brokers: ['k1:9093', 'k2:9093'],
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'rep', password: 'kafka-s3cret' },
      tls: { ca: PEM },
    },
    registry: { url: 'https://reg:8081/apis/ccompat/v7', username: 'reg', password: 'reg-s3cret', tls: null },
    elasticsearch: { nodes: ['https://e1:9200', 'https://e2:9200'], apiKey: 'es-s3cret', tls: null },
    redis: {
      place: {
        kind: 'sentinel',
        name: 'main',
        nodes: ['s1:26379', 's2:26379'],
        account: { password: 'sentinel-s3cret' },
      },
      database: 0,
      tls: null,
      password: 'redis-s3cret',
    },
    postgres: { url: 'postgres://db:5433/rep', username: 'sql', password: 'sql-s3cret', tls: null },
  })
})

const BARE = `
kafka: { brokers: ['file:1'] }
registry: { url: http://file:2 }
elasticsearch: { nodes: [http://file:3] }
redis: { cluster: ['file:4', 'file:5'] }
`

test('a flag is stronger than the environment, which is stronger than the file, which is stronger than a default', async () => {
  const env = { REP_KAFKA_BROKERS: 'env:1,env:2', REP_REGISTRY_URL: 'http://env:2' }
  const config = await load(BARE, { brokers: 'flag:1' }, env)
  expect(config.kafka.brokers).toEqual(['flag:1'])
  expect(config.registry.url).toBe('http://env:2')
  expect(config.elasticsearch.nodes).toEqual(['http://file:3'])
  expect(config.prefix).toBe('rep-')
})

test('a stronger place of Redis takes that of the file away; user, password and database leave the address', async () => {
  const { redis } = await load(BARE, {}, { REP_REDIS_URL: 'rediss://me:p%40ss-w0rd@r:7000/3' })
  expect(redis).toEqual({
    place: { kind: 'single', node: 'r:7000' },
    database: 3,
    tls: {},
    username: 'me',
    password: 'p@ss-w0rd',
  })
})

test('PostgreSQL may be left out; user and password leave its address, which needs a database', async () => {
  expect((await load(BARE)).postgres).toBeNull()
  const { postgres } = await load(BARE, { postgres: 'postgres://flag/other' }, { REP_POSTGRES_PASSWORD: 'p' })
  expect(postgres).toEqual({ url: 'postgres://flag/other', password: 'p', tls: null })
  const given = await load(BARE, {}, { REP_POSTGRES_URL: 'postgresql://me:s%40ve@db/rep' })
  expect(given.postgres).toEqual({ url: 'postgresql://db/rep', username: 'me', password: 's@ve', tls: null })
  for (const url of ['postgres://db:5432', 'mysql://db/rep', 'nonsense'])
    expect((await fault(BARE, {}, { REP_POSTGRES_URL: url })).details, url).toHaveLength(1)
})

test('every fault is listed with its place, a misspelt key with what was meant, and no secret with its value', async () => {
  const error = await fault(
    `prefix: Team_A
kafka:
  broker: [a:1]
  sasl:
    mechanism: SCRAM-SHA-25
    username: u
    password: 987654321
elasticsearch:
  nodes: ['ftp://user:hunter22@es']
  apiKey: \${NOT_SET}
  username: both
redis:
  url: redis://:hunter33@x
  cluster: [a:1]
registry: {}
`,
    { redis: 'redis://:hunter44@h' },
  )
  expect(error.exit).toBe(2)
  const places = error.details.map((line) => line.replace(`${file}:`, '').replace(/: .*/, ''))
  expect(places).toEqual([
    '1:9',
    '3:3',
    '3:3',
    '5:16',
    '7:15',
    '9:11',
    '10:3',
    '10:11',
    '11:13',
    '13:3',
    '15:11',
    '--redis',
  ])
  expect(error.details.join('\n')).toMatch(/kafka\.broker: unknown key; did you mean “kafka\.brokers”\?/)
  expect(error.details.join('\n')).toMatch(/NOT_SET is not set/)
  const shown = formatError(error)
  for (const secret of ['987654321', 'hunter22', 'hunter33', 'hunter44']) expect(shown).not.toContain(secret)
})

test.each([
  ['PLAIN', {}, 'PLAIN needs username'],
  ['OAUTHBEARER', { REP_KAFKA_SASL_PASSWORD: 'some-s3cret' }, 'OAUTHBEARER needs token'],
])('a log-in by %s says what it lacks', async (mechanism, env, expected) => {
  const error = await fault(BARE, {}, { REP_KAFKA_SASL_MECHANISM: mechanism, ...env })
  expect(error.details.join('\n')).toContain(expected)
})

test('without a file all comes from flags and the environment; a file that is named must be there', async () => {
  const before = process.cwd()
  process.chdir(directory)
  try {
    expect(() => loadExternal({}, {})).toThrow(/there is no rep\.yaml/)
    const flags = {
      brokers: 'a:1',
      registry: 'http://a:2',
      elasticsearch: 'http://a:3',
      redis: 'redis://a:4',
    }
    expect(loadExternal(flags, {}).redis.place).toEqual({ kind: 'single', node: 'a:4' })
    expect(() => loadExternal({ config: 'none.yaml' }, {})).toThrow(/no configuration file none\.yaml/)
  } finally {
    process.chdir(before)
  }
})

test('the schema for editors has every key and asks for none', () => {
  const schema = JSON.parse(externalJsonSchema()) as {
    required?: unknown
    properties: Record<string, unknown>
  }
  expect(Object.keys(schema.properties)).toEqual([
    'prefix',
    'kafka',
    'registry',
    'elasticsearch',
    'redis',
    'postgres',
  ])
  expect(externalJsonSchema()).not.toContain('"required"')
})

async function load(text: string, flags: ExternalFlags = {}, env: NodeJS.ProcessEnv = {}) {
  await writeFile(file, text)
  return loadExternal({ config: file, ...flags }, env)
}

async function fault(
  text: string,
  flags: ExternalFlags = {},
  env: NodeJS.ProcessEnv = {},
): Promise<RepError> {
  return load(text, flags, env).then(
    () => expect.unreachable('it was taken'),
    (error: unknown) => error as RepError,
  )
}
