import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ElasticsearchClient, type ElasticsearchOptions } from '../../../src/drivers/elasticsearch-client.ts'

/** What a cluster in front of which somebody checks log-ins would see; it lets `status` in. */
async function headersOf(
  options: Omit<ElasticsearchOptions, 'node'>,
  status = 200,
): Promise<IncomingHttpHeaders> {
  let headers: IncomingHttpHeaders = {}
  const server = createServer((request, response) => {
    headers = request.headers
    response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new ElasticsearchClient({
    node: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...options,
  })
  try {
    await client.request({ method: 'GET', path: '/_cluster/health' })
    return headers
  } finally {
    await client.close()
    server.close()
  }
}

test('an API key goes in its header, a user name and password in theirs, and nothing without them', async () => {
  expect((await headersOf({ apiKey: 'a2V5' })).authorization).toBe('ApiKey a2V5')
  const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
  expect((await headersOf({ username: 'me', password: 'p@ss' })).authorization).toBe(basic)
  expect((await headersOf({})).authorization).toBeUndefined()
})

test.each([401, 403])('a refused key (%i) is the environment’s fault and is not shown', async (status) => {
  const refused = headersOf({ apiKey: 'c2VjcmV0LWtleQ==' }, status)
  await expect(refused).rejects.toMatchObject({ code: 'REP_ENVIRONMENT' })
  await expect(refused).rejects.not.toThrow('c2VjcmV0LWtleQ==')
})
