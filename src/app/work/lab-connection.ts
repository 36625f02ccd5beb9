import { connect, type Socket } from 'node:net'
import { RepError } from '../../errors/rep-error.ts'
import type { Hello, Welcome } from './agreement.ts'
import { FRAME, FrameReader, jsonFrame } from './frames.ts'

const CONNECT_MS = 3000

export interface ConnectionHooks {
  onFrame(kind: number, body: Buffer): void
  /** Once, after `connectLab` resolved. */
  onClose(): void
}

export interface LabConnection {
  readonly socket: Socket
  readonly welcome: Welcome
}

/**
 * Connects a worker to its lab. Rejects with REP_LOG_UNAVAILABLE (retryable) where the lab is not there, with
 * REP_ENVIRONMENT where it does not take this worker.
 */
export function connectLab(control: string, hello: Hello, hooks: ConnectionHooks): Promise<LabConnection> {
  const colon = control.lastIndexOf(':')
  const host = control.slice(0, colon).replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(control.slice(colon + 1)), noDelay: true })
  return new Promise((resolve, reject) => {
    const gone = (why: string): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new RepError('REP_LOG_UNAVAILABLE', `The lab at ${control} cannot be reached: ${why}`))
    }
    const timer = setTimeout(() => gone(`no answer in ${CONNECT_MS / 1e3} s`), CONNECT_MS)
    let met = false
    const reader = new FrameReader((kind, body) => {
      if (met) hooks.onFrame(kind, body)
      else if (kind === FRAME.welcome) {
        met = true
        clearTimeout(timer)
        resolve({ socket, welcome: JSON.parse(body.toString()) as Welcome })
      } else if (kind === FRAME.refuse) {
        clearTimeout(timer)
        socket.destroy()
        reject(new RepError('REP_ENVIRONMENT', `The lab at ${control} refused this worker: ${body}`))
      }
    })
    socket.on('connect', () => socket.write(jsonFrame(FRAME.hello, hello)))
    socket.on('data', (chunk) => reader.push(chunk))
    // Told by 'close', which follows.
    let problem = 'it closed the connection'
    socket.on('error', (error) => {
      problem = error.message
    })
    socket.on('close', () => (met ? hooks.onClose() : gone(problem)))
  })
}
