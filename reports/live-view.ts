import { paintOf, visibleLength } from './ansi.ts'
import { type LiveSnapshot, liveFrame, liveLine } from './live-frame.ts'

export type { LiveFigures, LiveSnapshot } from './live-frame.ts'

/** The part of a terminal's stream that the view needs: process.stderr, process.stdout, or a test's own. */
export interface LiveStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface LiveView {
  /** Draws the snapshot: in place on a terminal, elsewhere as a line every few seconds. */
  update(snapshot: LiveSnapshot): void
  /** Prints a line that stays, above the view. */
  log(line: string): void
  /** Leaves the last frame on the screen and gives the cursor back. Safe to call twice. */
  close(): void
}

export interface LiveViewOptions {
  readonly color: boolean
  /** Between two lines where the stream is no terminal. */
  readonly lineEveryMs?: number
}

/** The view for a stream: redrawn in place on a terminal, plain lines elsewhere. */
export function liveView(stream: LiveStream, options: LiveViewOptions): LiveView {
  return stream.isTTY === true
    ? screenView(stream, options.color)
    : lineView(stream, options.lineEveryMs ?? 5000)
}

const ESC = '\u001b'
const HIDE_CURSOR = `${ESC}[?25l`
const SHOW_CURSOR = `${ESC}[?25h`
const CLEAR_LINE_END = `${ESC}[K`
const CLEAR_BELOW = `${ESC}[J`
// Synchronized output: terminals that know it show a frame at once, the others ignore it.
const BEGIN_FRAME = `${ESC}[?2026h`
const END_FRAME = `${ESC}[?2026l`

function screenView(stream: LiveStream, color: boolean): LiveView {
  const paint = paintOf(color)
  let drawn: readonly string[] = []
  let closed = false

  const size = () => ({
    width: Math.max(1, (stream.columns ?? 80) - 1),
    height: Math.max(1, (stream.rows ?? 24) - 1),
  })
  /** To the first row of the frame on screen. A terminal made narrower has wrapped its lines over more rows. */
  const goBack = () => {
    const columns = size().width + 1
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / columns)), 0)
    return rows === 0 ? '' : `\r${ESC}[${Math.min(rows, size().height)}A`
  }
  const paintFrame = (lines: readonly string[], above = '') => {
    const body = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')
    stream.write(`${BEGIN_FRAME}${HIDE_CURSOR}${goBack()}${above}${body}${CLEAR_BELOW}${END_FRAME}`)
    drawn = lines
  }
  const restore = () => {
    stream.write(SHOW_CURSOR)
  }
  process.once('exit', restore)

  return {
    update(snapshot) {
      if (closed) return
      const { width, height } = size()
      paintFrame(liveFrame(snapshot, paint, width).slice(0, height))
    },
    log(line) {
      if (closed) stream.write(`${line}\n`)
      else paintFrame(drawn, `${line}${CLEAR_LINE_END}\n`)
    },
    close() {
      if (closed) return
      closed = true
      process.off('exit', restore)
      restore()
    },
  }
}

function lineView(stream: LiveStream, everyMs: number): LiveView {
  let nextMs = 0
  return {
    update(snapshot) {
      if (snapshot.elapsedMs < nextMs) return
      nextMs = (Math.floor(snapshot.elapsedMs / everyMs) + 1) * everyMs
      stream.write(`${liveLine(snapshot)}\n`)
    },
    log(line) {
      stream.write(`${line}\n`)
    },
    close() {
      nextMs = Number.POSITIVE_INFINITY
    },
  }
}
