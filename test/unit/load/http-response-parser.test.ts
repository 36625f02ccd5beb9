import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HttpResponseParser } from '../../../src/load/http-response-parser.ts'

interface Parsed {
  readonly status: number
  readonly keepAlive: boolean
  readonly body: string
}

/** Feeds bytes cut at the given places; the response must not be complete before the last piece. */
function parse(bytes: Buffer, cuts: readonly number[]): Parsed | null {
  const parser = new HttpResponseParser(true)
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))]
    .filter((cut) => cut > 0)
    .sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, bytes.length]) {
    // As a socket's reused read buffer: overwritten after each push.
    const piece = Buffer.from(bytes.subarray(from, to))
    const complete = parser.push(piece)
    piece.fill(0)
    if (complete !== (to === bytes.length)) return null
    from = to
  }
  return { status: parser.status, keepAlive: parser.keepAlive, body: parser.body().toString() }
}

const cuts = fc.array(fc.nat(100_000), { maxLength: 30 })
const chunks = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), { maxLength: 8 })

describe('against node:http', () => {
  let port = 0
  let answer: { readonly status: number; readonly chunked: boolean; readonly parts: readonly string[] }
  const server = createServer((_request, response) => {
    const body = answer.parts.join('')
    if (!answer.chunked) response.setHeader('content-length', Buffer.byteLength(body))
    response.setHeader('x-content-length', '7')
    response.writeHead(answer.status)
    for (const part of answer.parts) response.write(part)
    response.end()
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => server.close())

  /** The very bytes of one response. */
  function bytesOfResponse(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const received: Buffer[] = []
      const socket = connect(port, '127.0.0.1')
      socket.on('data', (bytes) => received.push(bytes))
      socket.on('error', reject)
      socket.on('end', () => resolve(Buffer.concat(received)))
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    })
  }

  test('every response of node:http parses to what was sent, however its bytes are split', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(200, 201, 404, 429, 500, 503),
        fc.boolean(),
        chunks,
        cuts,
        async (status, chunked, parts, places) => {
          answer = { status, chunked, parts }
          const parsed = parse(await bytesOfResponse(), places)
          expect(parsed).toEqual({ status, keepAlive: false, body: parts.join('') })
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('framing', () => {
  const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'))

  test('one parser takes response after response on a kept connection', () => {
    const parser = new HttpResponseParser(true)
    for (const body of ['first', '', 'third']) {
      parser.reset()
      expect(parser.push(text('HTTP/1.1 200 OK', `Content-Length: ${body.length}`, '', body))).toBe(true)
      expect(parser.keepAlive).toBe(true)
      expect(parser.body().toString()).toBe(body)
    }
  })
  test('interim responses are skipped', () => {
    const bytes = text(
      'HTTP/1.1 103 Early Hints',
      'link: </x>',
      '',
      'HTTP/1.1 200 OK',
      'content-length: 2',
      '',
      'ok',
    )
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(parse(bytes, [cut])).toEqual({ status: 200, keepAlive: true, body: 'ok' })
    }
  })
  test('chunk extensions and trailers are no body', () => {
    const bytes = text(
      'HTTP/1.1 200 OK',
      'transfer-encoding: chunked',
      '',
      '3;a=b',
      'abc',
      '0',
      'x-sum: 1',
      '',
      '',
    )
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(parse(bytes, [cut])).toEqual({ status: 200, keepAlive: true, body: 'abc' })
    }
  })
  test('204 and 304 have no body, whatever their headers say', () => {
    expect(parse(text('HTTP/1.1 304 Not Modified', 'content-length: 10', '', ''), [])?.status).toBe(304)
    expect(parse(text('HTTP/1.1 204 No Content', '', ''), [])?.status).toBe(204)
  })
  test('without a length, the end of the connection ends the body', () => {
    const parser = new HttpResponseParser(true)
    expect(parser.push(text('HTTP/1.1 200 OK', '', 'half'))).toBe(false)
    expect(parser.end()).toBe(true)
    expect(parser.body().toString()).toBe('half')
    expect(parser.keepAlive).toBe(false)
  })
  test('a connection that ends within a sized body does not complete it', () => {
    const parser = new HttpResponseParser(false)
    parser.push(text('HTTP/1.1 200 OK', 'content-length: 10', '', 'half'))
    expect(parser.end()).toBe(false)
  })
  test('HTTP/1.0 is closed unless it says keep-alive', () => {
    expect(parse(text('HTTP/1.0 200 OK', 'content-length: 0', '', ''), [])?.keepAlive).toBe(false)
    const kept = text('HTTP/1.0 200 OK', 'Connection: Keep-Alive', 'content-length: 0', '', '')
    expect(parse(kept, [])?.keepAlive).toBe(true)
  })
  test.each([
    ['no HTTP', text('SSH-2.0-OpenSSH', '', '')],
    ['a protocol switch', text('HTTP/1.1 101 Switching Protocols', '', '')],
    ['a length that is no number', text('HTTP/1.1 200 OK', 'content-length: 1x', '', 'a')],
    ['a bad chunk size', text('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', 'zz', '')],
    [
      'a chunk longer than its size',
      text('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '1', 'ab', ''),
    ],
    ['bytes after the end', text('HTTP/1.1 200 OK', 'content-length: 1', '', 'ab')],
  ])('%s is refused', (_what, bytes) => {
    expect(() => new HttpResponseParser(false).push(bytes)).toThrow()
  })
})
