import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Sends `request` to `host:port` and reads until `complete` returns something else than null for all that came.
 * Rejects where the connection fails or ends before that, or `signal` is aborted.
 */
export async function ask<T>(
  address: string,
  exchange: { readonly request: Uint8Array | string; readonly complete: (answer: Buffer) => T | null },
  signal: AbortSignal,
): Promise<T> {
  const colon = address.lastIndexOf(':')
  const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) })
  try {
    await once(socket, 'connect', { signal })
    socket.write(exchange.request)
    let answer = Buffer.alloc(0)
    for (;;) {
      const [part] = (await Promise.race([
        once(socket, 'data', { signal }),
        once(socket, 'end', { signal }).then(() => [null]),
      ])) as [Buffer | null]
      if (part === null) throw new Error(`${address} closed the connection`)
      answer = Buffer.concat([answer, part])
      const result = exchange.complete(answer)
      if (result !== null) return result
    }
  } finally {
    socket.destroy()
  }
}
