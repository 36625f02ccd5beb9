import { RepError } from '../../errors/rep-error.ts'
import { Arena } from '../../kernel/arena.ts'
import { EncodedEvents, type PackedEvent, unpackEvent } from './encoded-events.ts'
import type { UserState } from './user-state.ts'

/**
 * 1 had session and recent products of the dropped events alone. A state of another format is refused, not read as
 * something else.
 */
const FORMAT = 2
const VERSION_BYTES = 8

const END = Buffer.from(']}')

/** What encoding may use again from one time to the next. */
export interface StateMemory {
  /** Of this very state. */
  readonly events: EncodedEvents
  readonly arena: Arena
}

/** A state as it is stored: its version as a little-endian u64, then JSON with short keys. */
export function encodeUserState(
  state: UserState,
  version: number,
  memory: StateMemory = { events: new EncodedEvents(), arena: new Arena(0) },
): Uint8Array {
  const head = `${JSON.stringify({
    f: FORMAT,
    o: state.offset,
    a: finite(state.asOfMs),
    w: finite(state.settledMs),
    l: state.late,
    n: state.settled,
    r: state.recent,
    s: state.session,
    p: state.patterns,
  }).slice(0, -1)},"e":[`
  const events = memory.events.update(state.events)
  const headBytes = Buffer.byteLength(head)
  const bytes = memory.arena.reserve(VERSION_BYTES + headBytes + events.length + END.length)
  bytes.writeUInt32LE(version % 2 ** 32, 0)
  bytes.writeUInt32LE(Math.floor(version / 2 ** 32), 4)
  bytes.write(head, VERSION_BYTES)
  bytes.set(events, VERSION_BYTES + headBytes)
  bytes.set(END, bytes.length - END.length)
  return bytes
}

/** Reads a state and its version; throws REP_CODEC where the bytes are none, or hold another number of patterns. */
export function decodeUserState(
  bytes: Uint8Array,
  patterns: number,
): { readonly state: UserState; readonly version: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < VERSION_BYTES) throw bad(`${buffer.length} bytes are too few`)
  const stored = parse(buffer.toString('utf8', VERSION_BYTES))
  if (stored?.f !== FORMAT) throw bad(`it is no JSON of format ${FORMAT}`)
  if (stored.p.length !== patterns)
    throw bad(`it has ${stored.p.length} patterns and the definitions ${patterns}; they changed since`)
  return {
    version: buffer.readUInt32LE(0) + buffer.readUInt32LE(4) * 2 ** 32,
    state: {
      offset: stored.o,
      asOfMs: stored.a ?? Number.NEGATIVE_INFINITY,
      settledMs: stored.w ?? Number.NEGATIVE_INFINITY,
      late: stored.l,
      events: stored.e.map(unpackEvent),
      settled: stored.n,
      recent: stored.r,
      session: stored.s,
      patterns: stored.p,
    },
  }
}

interface Stored {
  readonly f: number
  readonly o: number
  readonly a: number | null
  readonly w: number | null
  readonly l: number
  readonly e: readonly PackedEvent[]
  readonly n: number
  readonly r: string[]
  readonly s: UserState['session']
  readonly p: UserState['patterns']
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function parse(text: string): Stored | null {
  try {
    return JSON.parse(text) as Stored
  } catch {
    return null
  }
}

function bad(reason: string): RepError {
  return new RepError('REP_CODEC', `Not a feature state: ${reason}.`)
}
