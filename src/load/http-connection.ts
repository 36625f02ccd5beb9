import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { nowUs } from '../kernel/time.ts'
import { HttpResponseParser } from './http-response-parser.ts'
import { type HttpTarget, requestTail } from './http-target.ts'

/** `cancelled`: still in flight when the run ended. */
export type HttpFailure = 'timeout' | 'connection' | 'protocol' | 'cancelled'

/** Told about each request's end, exactly once. The connection is free again when it is called. */
export interface ConnectionOwner {
  responded(connection: HttpConnection, doneUs: number): void
  failed(connection: HttpConnection, failure: HttpFailure, error: Error): void
}

const READ_BYTES = 65_536

/**
 * One keep-alive HTTP/1.1 connection that carries one request at a time. It connects by itself when a request
 * finds it closed. node:net is used directly because at 5,000 requests/s it costs less than half of what
 * undici's dispatch costs (docs/performance.md).
 */
export class HttpConnection {
  readonly parser: HttpResponseParser
  busy = false
  /** Of the current request, set by the owner before `send`. */
  index = 0
  dueUs = 0
  /** When the current request was written, µs. */
  sendUs = 0
  readonly #target: HttpTarget
  readonly #owner: ConnectionOwner
  readonly #tail: string
  #socket: Socket | null = null

  constructor(target: HttpTarget, owner: ConnectionOwner, capture: boolean) {
    this.#target = target
    this.#owner = owner
    this.#tail = requestTail(target)
    this.parser = new HttpResponseParser(capture)
  }

  /** Opens the connection ahead of the first request; rejects with the socket's error. */
  open(timeoutMs: number): Promise<void> {
    const socket = this.#connect()
    const ready = this.#target.tls ? 'secureConnect' : 'connect'
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)),
        timeoutMs,
      )
      const fail = (error: Error): void => {
        clearTimeout(timer)
        reject(error)
      }
      socket.once('error', fail)
      socket.once(ready, () => {
        clearTimeout(timer)
        socket.off('error', fail)
        resolve()
      })
    })
  }

  /** Sends `GET path`, or `POST path` with a JSON body. Only when not busy. */
  send(path: string, body?: string): void {
    this.busy = true
    this.parser.reset()
    const socket = this.#socket ?? this.#connect()
    this.sendUs = nowUs()
    if (body === undefined) socket.write(`GET ${path}${this.#tail}\r\n`, 'latin1')
    else {
      const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
      socket.write(`POST ${path}${this.#tail}${head}${body}`)
    }
  }

  /** Sends a whole request as it is; its bytes must stay as they are until its end. Only when not busy. */
  sendBytes(request: Uint8Array): void {
    this.busy = true
    this.parser.reset()
    const socket = this.#socket ?? this.#connect()
    this.sendUs = nowUs()
    socket.write(request)
  }

  /** Ends the current request as a failure, and the connection with it. */
  abort(failure: HttpFailure, error: Error): void {
    const socket = this.#socket
    this.#socket = null
    socket?.destroy()
    if (!this.busy) return
    this.busy = false
    this.#owner.failed(this, failure, error)
  }

  close(): void {
    this.busy = false
    this.#socket?.destroy()
    this.#socket = null
  }

  #connect(): Socket {
    const { host, port, tls } = this.#target
    const socket = tls ? this.#connectTls() : this.#connectTcp()
    this.#socket = socket
    socket.setNoDelay(true)
    let cause: Error | null = null
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('end', () => this.#ended(socket))
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.abort('connection', cause ?? new Error(`${host}:${port} closed the connection`))
    })
    return socket
  }

  #connectTcp(): Socket {
    const { host, port } = this.#target
    // One buffer a connection, reused: no allocation a response.
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
    const socket: Socket = connectTcp({
      host,
      port,
      onread: {
        buffer,
        callback: (bytesRead) => {
          this.#received(socket, buffer.subarray(0, bytesRead))
          return true
        },
      },
    })
    return socket
  }

  #connectTls(): Socket {
    const { host, port } = this.#target
    const socket: Socket = connectTls({ host, port, servername: host, ALPNProtocols: ['http/1.1'] })
    socket.on('data', (bytes: Buffer) => this.#received(socket, bytes))
    return socket
  }

  #received(socket: Socket, bytes: Buffer): void {
    if (this.#socket !== socket) return
    if (!this.busy) {
      this.abort('protocol', new Error('bytes came without a request'))
      return
    }
    try {
      if (this.parser.push(bytes)) this.#respond()
    } catch (error) {
      this.abort('protocol', error as Error)
    }
  }

  #ended(socket: Socket): void {
    if (this.#socket === socket && this.busy && this.parser.end()) this.#respond()
  }

  #respond(): void {
    const doneUs = nowUs()
    this.busy = false
    if (!this.parser.keepAlive) {
      this.#socket?.destroy()
      this.#socket = null
    }
    this.#owner.responded(this, doneUs)
  }
}
