import { RepError } from '../errors/rep-error.ts'
import { type FinalReading, MARK } from './final-read.ts'
import { APPEND, type LedgerBuffers, openLedger, type StreamAccount } from './ledger.ts'
import type { StreamMarks } from './ledger-file.ts'
import { FOUND, MOST_EFFECTS } from './ledger-writer.ts'

/** A shard's ledger, and what to call it. */
export interface NamedLedger {
  readonly name: string
  readonly streams: readonly StreamMarks[]
}

export interface UnitedLedger {
  readonly ledger: LedgerBuffers
  readonly marks: FinalReading['marks']
}

/**
 * One ledger of all shards', as if one process had seen everything: an append is the one shard's that sent it, the
 * effects of all are added, and the readings of the log, each of the whole, are laid over each other. Throws
 * REP_INPUT where two shards sent the same event, or the ledgers are of different schedules.
 */
export function uniteLedgers(shards: readonly NamedLedger[]): UnitedLedger {
  const [first] = shards
  if (first === undefined) throw new RepError('REP_INTERNAL', 'There is no ledger to unite.')
  const united = first.streams.map(({ stream, tag, stages }, at) => {
    const parts = shards.map(({ name, streams }) => {
      const part = streams[at]
      if (part?.stream !== stream || part.tag !== tag || part.stages.join() !== stages.join())
        throw new RepError('REP_INPUT', `The ledgers of ${first.name} and ${name} are of different runs.`)
      return { name, ...part }
    })
    const events = Math.max(...parts.map(({ states }) => states.length))
    const memory = (bytes: number) => new SharedArrayBuffer(events * bytes)
    const buffers = {
      stream,
      tag,
      stages,
      states: memory(1),
      lags: memory(4),
      effects: stages.map(() => memory(1)),
    }
    const [account] = openLedger({ streams: [buffers] })
    return { buffers, marks: uniteStream(account!, parts) }
  })
  return {
    ledger: { streams: united.map(({ buffers }) => buffers) },
    marks: united.map(({ marks }) => marks),
  }
}

function uniteStream(
  account: StreamAccount,
  parts: readonly ({ readonly name: string } & StreamMarks)[],
): Uint16Array {
  const marks = new Uint16Array(account.states.length)
  for (const part of parts) {
    for (let i = 0; i < part.states.length; i++) {
      const state = part.states[i]!
      if (state !== APPEND.none && account.states[i] !== APPEND.none) throw sentTwice(account, i, parts)
      if (state !== APPEND.none) account.states[i] = state
      marks[i] = uniteMarks(marks[i]!, part.marks[i]!)
    }
  }
  account.effects.forEach((united, stage) => {
    for (let i = 0; i < united.length; i++) united[i] = uniteEffects(parts, stage, i)
  })
  return marks
}

/** Each reading is of the whole log, so copies are not added; what one of them saw holds. */
function uniteMarks(a: number, b: number): number {
  return Math.max(a & MARK.times, b & MARK.times) | ((a | b) & ~MARK.times)
}

/**
 * Effects that were applied are added. An effect that a process only found durable is the one that another applied,
 * so it counts where nobody did.
 */
function uniteEffects(parts: readonly StreamMarks[], stage: number, event: number): number {
  let applied = 0
  let found = false
  for (const { effects } of parts) {
    const effect = effects[stage]![event] ?? 0
    if (effect === FOUND) found = true
    else applied += effect
  }
  return applied === 0 && found ? FOUND : Math.min(MOST_EFFECTS, applied)
}

function sentTwice(
  { stream }: StreamAccount,
  event: number,
  parts: readonly ({ readonly name: string } & StreamMarks)[],
): RepError {
  const names = parts
    .filter(({ states }) => (states[event] ?? APPEND.none) !== APPEND.none)
    .map(({ name }) => name)
  return new RepError(
    'REP_INPUT',
    `Event ${event} of stream ${stream} was sent by ${names.join(' and by ')}: these are not shards of one run.`,
  )
}
