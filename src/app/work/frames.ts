import { RepError } from '../../errors/rep-error.ts'

/** What a frame between a worker and its lab is. */
export const FRAME = {
  /** Worker: who it is. JSON. */
  hello: 1,
  /** Lab: what to do. JSON. */
  welcome: 2,
  /** Lab: why it is not let in. Text. */
  refuse: 3,
  /** Worker: what it observed since the last one, see told.ts. */
  told: 4,
  /** Lab: number of the last frame taken, and the lab's clock. */
  ack: 5,
  /** Lab: the run is over; settle, then go. */
  stop: 6,
} as const

export type FrameKind = (typeof FRAME)[keyof typeof FRAME]

const HEAD_BYTES = 5
/** More in one frame is not a worker talking. */
const MOST_BYTES = 64 * 2 ** 20

/** Length of the body (32 bits, little-endian), kind, body. */
export function frameOf(kind: FrameKind, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length)
  frame.writeUInt32LE(body.length, 0)
  frame[4] = kind
  frame.set(body, HEAD_BYTES)
  return frame
}

export function jsonFrame(kind: FrameKind, value: unknown): Buffer {
  return frameOf(kind, Buffer.from(JSON.stringify(value)))
}

/** `ack`: number, time. */
export function ackFrame(number: number, nowUs: number): Buffer {
  const body = Buffer.allocUnsafe(12)
  body.writeUInt32LE(number, 0)
  body.writeDoubleLE(nowUs, 4)
  return frameOf(FRAME.ack, body)
}

export function readAck(body: Buffer): { number: number; labUs: number } {
  return { number: body.readUInt32LE(0), labUs: body.readDoubleLE(4) }
}

/** Puts frames together from what a connection delivers, however it is cut. */
export class FrameReader {
  readonly #onFrame: (kind: number, body: Buffer) => void
  #chunks: Buffer[] = []
  #bytes = 0

  /** `onFrame`: the body is the callee's to keep. */
  constructor(onFrame: (kind: number, body: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Throws REP_INPUT for what cannot be a frame. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes >= HEAD_BYTES) {
      const head = this.#joined(HEAD_BYTES)
      const length = head.readUInt32LE(0)
      if (length > MOST_BYTES)
        throw new RepError(
          'REP_INPUT',
          `A frame of ${length} bytes was announced; ${MOST_BYTES} is the most.`,
        )
      const end = HEAD_BYTES + length
      if (this.#bytes < end) return
      const all = this.#joined(end)
      this.#chunks = all.length > end ? [all.subarray(end), ...this.#chunks.slice(1)] : this.#chunks.slice(1)
      this.#bytes -= end
      this.#onFrame(head[4]!, all.subarray(HEAD_BYTES, end))
    }
  }

  /** The first chunk, made to hold at least so many bytes. */
  #joined(bytes: number): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= bytes) return first
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}
