import { isUtf8 } from 'node:buffer'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { Refused } from './refused.ts'

const unpack = promisify(gunzip)
const TYPES = ['application/json', 'text/plain']

/** The JSON of a request's body, unpacked where it is gzip. Throws Refused: 400, 413 or 415. */
export async function readBody(request: FastifyRequest, limitBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
  if (!TYPES.includes(type)) throw new Refused(415, `Content-Type must be ${TYPES.join(' or ')}.`)
  const bytes = await unpacked(request, limitBytes)
  if (!isUtf8(bytes)) throw new Refused(400, 'The body is not UTF-8.')
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new Refused(400, `The body is no JSON: ${(error as Error).message}`)
  }
}

async function unpacked(request: FastifyRequest, limitBytes: number): Promise<Buffer> {
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity') return body
  if (coding !== 'gzip') throw new Refused(415, 'Content-Encoding must be gzip or none.')
  try {
    return await unpack(body, { maxOutputLength: limitBytes })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Refused(413, `The unpacked body has more than ${limitBytes} bytes.`)
    }
    throw new Refused(400, `The body is no gzip: ${message}`)
  }
}
