import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { probeElasticsearch } from '../../../src/stacks/probes/elasticsearch.ts'
import { probeKafka } from '../../../src/stacks/probes/kafka.ts'
import { redisInfo } from '../../../src/stacks/probes/redis.ts'
import { registrySubjects } from '../../../src/stacks/probes/registry.ts'

const limit = AbortSignal.timeout(30_000)
let server: Server | undefined
afterEach(() => void server?.close())

async function listen(started: Server): Promise<number> {
  server = started.listen(0, '127.0.0.1')
  await once(started, 'listening')
  return (started.address() as { port: number }).port
}

/** Answers each request with these pieces, one after another. */
function answering(pieces: readonly (string | Buffer)[], seen: Buffer[] = []): Promise<number> {
  const answer = async (socket: Socket): Promise<void> => {
    for await (const request of socket) {
      seen.push(request as Buffer)
      for (const piece of pieces) {
        socket.write(piece)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      socket.end()
    }
  }
  return listen(createServer((socket) => void answer(socket).catch(() => socket.destroy())))
}

function http(status: number, body: unknown): Promise<number> {
  return listen(
    createHttpServer((_, response) => {
      response.writeHead(status).end(JSON.stringify(body))
    }),
  )
}

test('Redis: INFO in pieces is put together', async () => {
  const text = '# Server\r\nredis_version:8.0.3\r\nloading:0\r\n# Keyspace\r\ndb0:keys=12,expires=3\r\n'
  const whole = `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  const port = await answering([whole.slice(0, 3), whole.slice(3, 40), whole.slice(40)])
  const info = await redisInfo(`redis://127.0.0.1:${port}`, limit)
  expect(info.get('redis_version')).toBe('8.0.3')
  expect(info.get('db0')).toBe('keys=12,expires=3')
})

test('Redis: an error answer, one that loads, and one that hangs up are not healthy', async () => {
  const refusing = await answering(['-NOAUTH Authentication required.\r\n'])
  await expect(redisInfo(`redis://127.0.0.1:${refusing}`, limit)).rejects.toThrow('NOAUTH')
  const loading = await answering(['$9\r\nloading:1\r\n'])
  await expect(redisInfo(`redis://127.0.0.1:${loading}`, limit)).rejects.toThrow('is loading')
  const closing = await answering([])
  await expect(redisInfo(`redis://127.0.0.1:${closing}`, limit)).rejects.toThrow('closed the connection')
})

test('Kafka: an ApiVersions answer without an error is healthy', async () => {
  const answer = (error: number): Buffer => {
    const bytes = Buffer.alloc(14)
    bytes.writeInt32BE(10, 0)
    bytes.writeInt32BE(1, 4)
    bytes.writeInt16BE(error, 8)
    return bytes
  }
  const seen: Buffer[] = []
  const good = answer(0)
  await probeKafka(`127.0.0.1:${await answering([good.subarray(0, 5), good.subarray(5)], seen)}`, limit)
  expect(Buffer.concat(seen).readInt16BE(4)).toBe(18)
  await expect(probeKafka(`127.0.0.1:${await answering([answer(35)])}`, limit)).rejects.toThrow('error 35')
})

test('nobody there, and a service that says nothing, are not healthy', async () => {
  const port = await answering([])
  const silent = createServer(() => undefined)
  const silentPort = await listen(silent)
  await expect(probeKafka(`127.0.0.1:${silentPort}`, AbortSignal.timeout(200))).rejects.toThrow()
  await expect(probeKafka('127.0.0.1:1', limit)).rejects.toThrow(/ECONNREFUSED/)
  expect(port).toBeGreaterThan(0)
})

test.each(['green', 'yellow'])('Elasticsearch: %s is healthy', async (status) => {
  await probeElasticsearch(`http://127.0.0.1:${await http(200, { status })}`, limit)
})

test('Elasticsearch: red, and an error status, are not', async () => {
  await expect(
    probeElasticsearch(`http://127.0.0.1:${await http(200, { status: 'red' })}`, limit),
  ).rejects.toThrow('red')
  await expect(
    probeElasticsearch(`http://127.0.0.1:${await http(503, { error: 'no master' })}`, limit),
  ).rejects.toThrow('answered 503')
})

test('registry: its subjects', async () => {
  expect(await registrySubjects(`http://127.0.0.1:${await http(200, ['a-value'])}`, limit)).toEqual([
    'a-value',
  ])
})
