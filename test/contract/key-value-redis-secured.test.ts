import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRedisKeyValue } from '../../src/drivers/key-value/redis.ts'
import type { RedisAddress } from '../../src/drivers/key-value/redis-address.ts'
import { makeCertificates, opensslMissing } from '../fixtures/certificates.ts'
import { uniquePrefix } from '../fixtures/native-service.ts'
import { answers, PASSWORD, RedisServers, redisMissing } from '../fixtures/redis-servers.ts'
import { describeKeyValue } from './key-value-contract.ts'

const password = PASSWORD

describe.skipIf(redisMissing)(
  'redis with more than an address (skipped where there is no redis-server)',
  () => {
    let servers: RedisServers
    beforeAll(async () => {
      servers = await RedisServers.open()
    })
    afterAll(() => servers.close())

    describe.skipIf(opensslMissing)('encrypted, with a password', () => {
      let address: RedisAddress
      let port: number
      beforeAll(async () => {
        const certificates = makeCertificates(servers.directory)
        port = await servers.encrypted(certificates)
        address = { url: `redis://127.0.0.1:${port}`, password, tls: { ca: certificates.caText } }
      })
      contract('redis (TLS)', () => address)

      test('without its authority, without TLS or with another password nobody gets in', async () => {
        const { tls: _, ...plain } = address
        await expect(openRedisKeyValue({ ...address, tls: {} })).rejects.toMatchObject({ exit: 3 })
        await expect(openRedisKeyValue(plain)).rejects.toMatchObject({ exit: 3 })
        const refused = openRedisKeyValue({ ...address, password: 'another-s3cret' })
        await expect(refused).rejects.toMatchObject({ code: 'REP_ENVIRONMENT' })
        await expect(refused).rejects.not.toThrow('another-s3cret')
      })
    })

    describe('a cluster of three', () => {
      let address: RedisAddress
      beforeAll(async () => {
        address = { cluster: await servers.cluster(), password }
      })
      contract('redis cluster', () => address)

      test('batches over all slots keep their positions, and only keys with the prefix are cleared', async () => {
        const prefix = uniquePrefix()
        const store = await openRedisKeyValue({ ...address, prefix })
        const other = await openRedisKeyValue({ ...address, prefix: uniquePrefix() })
        const keys = Array.from({ length: 2000 }, (_, i) => `user:${i}`)
        const value = (i: number): Uint8Array => Uint8Array.of(i & 255, i >> 8)
        await store.setMany(keys.map((key, i) => ({ key, value: value(i) })))
        await other.setMany([{ key: 'theirs', value: value(1) }])
        const read = await store.getMany(keys)
        expect(read.map((bytes) => [...bytes!])).toEqual(keys.map((_, i) => [...value(i)]))
        expect(await store.hasKeys()).toBe(true)
        await store.clear()
        expect(await store.hasKeys()).toBe(false)
        expect(await other.getMany(['theirs'])).toEqual([Buffer.from(value(1))])
        expect(await store.serverVersion()).toMatch(/^\d+\.\d+.*cluster/)
        await store.close()
        await other.clear()
        await other.close()
      })

      test('another password is refused', async () => {
        const refused = openRedisKeyValue({ ...address, password: 'another-s3cret' })
        await expect(refused).rejects.toMatchObject({ code: 'REP_ENVIRONMENT' })
      })
    })

    describe('a master behind a sentinel', () => {
      let address: RedisAddress
      let master: Awaited<ReturnType<RedisServers['server']>>
      beforeAll(async () => {
        master = await servers.server()
        const replica = await servers.server('--replicaof', `127.0.0.1 ${master.port}`)
        await answers(replica.port, ['-a', PASSWORD], ['info', 'replication'], 'master_link_status:up')
        const sentinel = await servers.sentinel(master.port)
        await answers(
          portOf(sentinel),
          ['-a', PASSWORD],
          ['sentinel', 'replicas', 'mymaster'],
          String(replica.port),
        )
        address = { sentinel: { name: 'mymaster', nodes: [sentinel], password }, password }
      })
      contract('redis sentinel', () => address)

      test('a master that is killed is followed to its successor', async () => {
        const lines: string[] = []
        const store = await openRedisKeyValue({
          ...address,
          prefix: uniquePrefix(),
          log: (line) => lines.push(line),
        })
        await store.setMany([{ key: 'k', value: Uint8Array.of(1) }])
        await expect.poll(() => replicaHas(master.port)).toBe(true)
        master.process.kill('SIGKILL')
        const write = () => store.setMany([{ key: 'k2', value: Uint8Array.of(2) }]).then(() => 'done', String)
        await expect.poll(write, { timeout: 50_000, interval: 200 }).toBe('done')
        expect(await store.getMany(['k'])).toEqual([Buffer.of(1)])
        expect(lines.at(-1)).toMatch(/^redis: connected to mymaster .* again$/)
        await store.close()
      })

      test('an unknown name and silent sentinels are named', async () => {
        const unknown = openRedisKeyValue({ ...address, sentinel: { ...address.sentinel!, name: 'nobody' } })
        await expect(unknown).rejects.toMatchObject({ exit: 3, message: expect.stringContaining('nobody') })
        const silent = { name: 'mymaster', nodes: ['127.0.0.1:1'] }
        await expect(openRedisKeyValue({ ...address, sentinel: silent })).rejects.toMatchObject({ exit: 3 })
      })
    })
  },
)

function contract(name: string, address: () => RedisAddress): void {
  describeKeyValue(name, async () => {
    const keyValue = await openRedisKeyValue({ ...address(), prefix: uniquePrefix() })
    return {
      keyValue,
      close: async () => {
        await keyValue.clear()
        await keyValue.close()
      },
    }
  })
}

function portOf(address: string): number {
  return Number(address.split(':')[1])
}

/** True when the master's replica has all that was written. */
async function replicaHas(port: number): Promise<boolean> {
  await answers(port, ['-a', PASSWORD], ['wait', '1', '1000'], '1')
  return true
}
