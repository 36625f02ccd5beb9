import { ask } from './socket.ts'

/** Fields of INFO: name to value. Rejects where Redis does not answer or is loading. */
export async function redisInfo(url: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { hostname, port } = new URL(url)
  const text = await ask(`${hostname}:${port || 6379}`, { request: 'INFO\r\n', complete: bulkString }, signal)
  const fields = new Map(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  if (fields.get('loading') === '1') throw new Error(`${url} is loading its data`)
  return fields
}

/** One RESP bulk string; null while it is incomplete. Throws for an error answer. */
function bulkString(answer: Buffer): string | null {
  const headEnd = answer.indexOf('\r\n')
  if (headEnd === -1) return null
  const head = answer.toString('latin1', 0, headEnd)
  if (!head.startsWith('$')) throw new Error(`Redis answered: ${head}`)
  const start = headEnd + 2
  const end = start + Number(head.slice(1))
  return answer.length < end ? null : answer.toString('utf8', start, end)
}
