import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadExternal } from '../../src/config/external/load-external.ts'
import { TOPICS } from '../../src/domain/topics.ts'
import { openKafkaEventLog } from '../../src/drivers/event-log/kafka.ts'
import { TopicOwners } from '../../src/drivers/event-log/kafka-topic-owners.ts'
import { admitExternal } from '../../src/stacks/external/admit-external.ts'
import { describeExternal } from '../../src/stacks/external/describe-external.ts'
import { resetExternal } from '../../src/stacks/external/reset-external.ts'
import { kafkaAccess } from '../../src/stacks/service-access.ts'
import { removeTopics } from '../contract/event-log-kafka.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { RedisServers } from '../fixtures/redis-servers.ts'
import { rep } from '../fixtures/rep-cli.ts'
import { removeSubjects } from '../fixtures/schema-registry.ts'

const ES_KEY = 'ZXMtazN5LXMzY3JldA=='
const REGISTRY_PASSWORD = 'registry-s3cret-9'
const FOREIGN = 'user.action.v1'

describeService('REP_TEST_KAFKA', (broker) =>
  describeService('REP_TEST_REDIS', (redis) =>
    describeService('REP_TEST_ELASTICSEARCH', (elasticsearch) =>
      describeService('REP_TEST_REGISTRY', (registry) =>
        describe('services that rep did not start', () => {
          let directory: string
          const prefixes: string[] = []
          beforeAll(async () => {
            directory = await mkdtemp(join(tmpdir(), 'rep-external-'))
          })
          afterAll(async () => {
            for (const prefix of prefixes) {
              await removeTopics(broker, prefix)
              await fetch(`${elasticsearch}/${prefix}*?expand_wildcards=all`).then(async (answer) => {
                for (const index of Object.keys((await answer.json()) as object))
                  await fetch(`${elasticsearch}/${index}`, { method: 'DELETE' })
              })
              await withRedis(async (client) => {
                const keys = await client.keys(`${prefix}*`)
                if (keys.length > 0) await client.unlink(keys)
              })
            }
            await removeSubjects(registry, prefixes)
            await rm(directory, { recursive: true, force: true })
          })

          test('a run creates what is missing only when it is told to, and leaves no secret anywhere', async () => {
            const config = await writeConfig(newPrefix())
            const common = ['--stack', 'external', '--config', config, '--data-dir', join(directory, 'data')]
            const size = [
              '--tps',
              '50',
              '--users',
              '200',
              '--duration',
              '3s',
              '--set',
              'catalogue.products=200',
              '--set',
              'drain=3m',
            ]
            const simulate = (...flags: string[]) =>
              rep(['simulate', ...common, ...size, ...flags], { cwd: directory })
            const refused = await simulate()
            expect(refused.status).toBe(3)
            expect(refused.stderr).toMatch(
              /missing in stack external[\s\S]*topic .*user\.action\.v1\n[\s\S]*subject [\s\S]*index [\s\S]*keys/,
            )
            expect(refused.stderr).toContain('--create')
            expect(await topicsOf(prefixes.at(-1)!)).toEqual([])
            const created = await simulate('--create', '--json')
            expect([0, 6, 99]).toContain(created.status)
            expect(JSON.parse(created.stdout).ledger.clean).toBe(true)
            // The second needs no leave: all is there, and rep's own.
            const again = await simulate()
            expect([0, 6, 99]).toContain(again.status)
            const status = await rep(['status', '--stack', 'external', '--config', config], {
              cwd: directory,
            })
            expect(status.status).toBe(0)
            const asJson = await rep(['status', '--stack', 'external', '--config', config, '--json'], {
              cwd: directory,
            })
            const outputs = [refused, created, again, status, asJson].flatMap(({ stdout, stderr }) => [
              stdout,
              stderr,
            ])
            const files = readdirSync(join(directory, 'data'), { recursive: true, withFileTypes: true })
              .filter((entry) => entry.isFile())
              .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
            expect(files.length).toBeGreaterThan(3)
            for (const text of [...outputs, ...files]) {
              expect(text).not.toContain(ES_KEY)
              expect(text).not.toContain(REGISTRY_PASSWORD)
            }
          }, 300_000)

          test('a log-in that is refused shows no secret', async () => {
            const servers = await RedisServers.open()
            const { port } = await servers.server()
            const login = { url: `redis://127.0.0.1:${port}`, more: '  password: redis-s3cret-1\n' }
            const config = await writeConfig(newPrefix(), login)
            for (const flags of [[], ['--json']]) {
              const { status, stdout, stderr } = await rep(
                ['preference', 'get', 'user-000001', '--stack', 'external', '--config', config, ...flags],
                { cwd: directory },
              )
              expect(status).toBe(3)
              expect(stdout + stderr).toContain('Redis at')
              expect(stdout + stderr).not.toContain('redis-s3cret-1')
            }
            await servers.close()
          })

          test('what is of the same name and not rep’s is named, and is as it was', async () => {
            const prefix = newPrefix()
            const stack = describeExternal(loadExternal({ config: await writeConfig(prefix) }, {}))
            const theirs = await openKafkaEventLog({ brokers: [broker], prefix, replication: 1 })
            await theirs.ensureTopics([{ name: FOREIGN, partitions: 2 }])
            await theirs.append(FOREIGN, [{ key: Buffer.from('k'), value: Buffer.from('v'), dueUs: 0 }])
            await fetch(`${elasticsearch}/${prefix}product_index`, { method: 'PUT' })
            await withRedis((client) => client.set(`${prefix}theirs`, 'v'))
            const before = await topicIds([prefix + FOREIGN])
            await expect(admitExternal(stack, { create: true })).rejects.toMatchObject({
              code: 'REP_FOREIGN',
              exit: 3,
              details: [`topic ${prefix}${FOREIGN}`, `index ${prefix}product_index`, `keys ${prefix}*`],
            })
            await expect(resetExternal(stack)).rejects.toMatchObject({ code: 'REP_FOREIGN' })
            expect(await topicIds([prefix + FOREIGN])).toEqual(before)
            expect((await theirs.offsets(FOREIGN)).reduce((sum, { latest }) => sum + latest, 0)).toBe(1)
            expect((await fetch(`${elasticsearch}/${prefix}product_index`)).status).toBe(200)
            expect(await withRedis((client) => client.get(`${prefix}theirs`))).toBe('v')
            await theirs.close()
          })

          test('a topic that rep created and somebody made anew is theirs', async () => {
            const prefix = newPrefix()
            const stack = describeExternal(loadExternal({ config: await writeConfig(prefix) }, {}))
            await admitExternal(stack, { create: true, services: ['kafka'] })
            await admitExternal(stack, { create: false, services: ['kafka'] })
            const admin = new Admin({ clientId: 'rep-test', bootstrapBrokers: [broker] })
            const topic = prefix + FOREIGN
            await admin.deleteTopics({ topics: [topic] })
            await expect.poll(() => topicsOf(topic)).not.toContain(topic)
            await admin.createTopics({ topics: [topic], partitions: 12, replicas: 1 })
            await admin.close()
            await expect(admitExternal(stack, { create: true, services: ['kafka'] })).rejects.toMatchObject({
              code: 'REP_FOREIGN',
              details: [`topic ${topic}`],
            })
          })

          test('a topic that somebody creates between rep’s look and its own creation stays theirs', async () => {
            const prefix = newPrefix()
            const stack = describeExternal(loadExternal({ config: await writeConfig(prefix) }, {}))
            const theirs = await openKafkaEventLog({ brokers: [broker], prefix, replication: 1 })
            await theirs.ensureTopics([{ name: FOREIGN, partitions: 12 }])
            await theirs.close()
            const owners = await TopicOwners.open(kafkaAccess(stack))
            await expect(owners.create(TOPICS)).rejects.toMatchObject({
              code: 'REP_FOREIGN',
              details: [`topic ${prefix}${FOREIGN}`],
            })
            await owners.close()
          })

          function newPrefix(): string {
            prefixes.push(uniquePrefix())
            return prefixes.at(-1)!
          }

          async function writeConfig(prefix: string, { url = redis, more = '' } = {}): Promise<string> {
            const file = join(directory, `${prefix}rep.yaml`)
            await writeFile(
              file,
              `prefix: ${prefix}
kafka:
  brokers: ['${broker}']
registry:
  url: ${registry}
  username: rep
  password: ${REGISTRY_PASSWORD}
elasticsearch:
  nodes: ['${elasticsearch}']
  apiKey: ${ES_KEY}
redis:
  url: ${url}
${more}`,
            )
            return file
          }

          async function withRedis<T>(use: (client: Redis) => Promise<T>): Promise<T> {
            const client = new Redis(redis)
            try {
              return await use(client)
            } finally {
              client.disconnect()
            }
          }

          async function topicsOf(prefix: string): Promise<string[]> {
            const admin = new Admin({ clientId: 'rep-test', bootstrapBrokers: [broker] })
            const topics = await admin.listTopics()
            await admin.close()
            return topics.filter((name) => name.startsWith(prefix)).sort()
          }

          async function topicIds(topics: string[]): Promise<(string | undefined)[]> {
            const admin = new Admin({ clientId: 'rep-test', bootstrapBrokers: [broker] })
            const metadata = await admin.metadata({ topics })
            await admin.close()
            return topics.map((topic) => metadata.topics.get(topic)?.id)
          }
        }),
      ),
    ),
  ),
)
