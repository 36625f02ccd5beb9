import { ask } from './socket.ts'

// ApiVersions, version 0, correlation id 1, no client id: see the protocol guide's request header v1.
const API_VERSIONS = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])
const HEAD_BYTES = 10

/** Resolves when the broker at `host:port` answers an ApiVersions request without an error. */
export async function probeKafka(address: string, signal: AbortSignal): Promise<void> {
  const complete = (answer: Buffer): number | null =>
    answer.length < HEAD_BYTES ? null : answer.readInt16BE(HEAD_BYTES - 2)
  const code = await ask(address, { request: API_VERSIONS, complete }, signal)
  if (code !== 0) throw new Error(`${address} answered ApiVersions with error ${code}`)
}
