import type { FinalReading } from '../../measure/final-read.ts'
import type { StoredShard } from './read-shards.ts'

/** What a reader of merged figures must know: the clocks, what all shards noted, and what single ones did. */
export function mergedNotes(shards: readonly StoredShard[], reading: FinalReading): readonly string[] {
  const ids = shards.map(({ record }) => record.id).join(', ')
  const all = shards.map(({ record }) => new Set(record.notes))
  const common = [...all[0]!].filter((note) => all.every((notes) => notes.has(note)))
  const single = shards.flatMap(({ part, record }) =>
    record.notes.filter((note) => !common.includes(note)).map((note) => `Shard ${part.index}: ${note}`),
  )
  const { foreign } = reading
  const strangers = `${foreign} records in the log were not this run’s.`
  return [
    `Merged from ${shards.length} shards: ${ids}.`,
    clockNote(shards),
    'Send to done of the stages holds only events that the shard that sent them handled itself; due to done holds all.',
    ...common.filter((note) => note !== SHARD_NOTE),
    ...(foreign > 0 && !common.includes(strangers) ? [strangers] : []),
    ...single,
  ]
}

/** In the record of every shard: what it is not. */
export const SHARD_NOTE =
  'One shard of a run: its ledger says what became of its own appends; objectives, effects and the stages’ books are judged when the shards are merged (rep report merge).'

function clockNote(shards: readonly StoredShard[]): string {
  const boundMs = Math.max(...shards.map(({ part }) => part.clockBoundUs)) / 1e3
  if (boundMs === 0) return 'Clocks: all shards ran on one host, so their offset is 0.'
  return `Clocks: shards ran on several hosts; a latency that was counted across two of them is off by at most ${boundMs.toFixed(3)} ms, as measured before the start.`
}
