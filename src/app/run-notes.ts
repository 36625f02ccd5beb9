import { describeFaults } from '../faults/describe-faults.ts'
import type { InjectedFaults } from '../faults/fault-counts.ts'
import type { FinalReading } from '../measure/final-read.ts'
import type { StateAccount } from '../measure/run-record.ts'
import type { Conclusion } from './conclusion.ts'
import { fallbackTextsOf } from './embed/embedder-address.ts'
import { SHARD_NOTE } from './shards/merged-notes.ts'

/** What a reader of the figures must know to read them rightly. */
export function runNotes(
  run: Conclusion,
  reading: FinalReading,
  { injected, accounts }: { readonly injected: InjectedFaults; readonly accounts: readonly StateAccount[] },
): readonly string[] {
  const { options, stack, probe, loads, drained, stoppedEarly } = run
  const { scenario, source } = options
  const { canaries, reads } = probe
  const notes: string[] = [...(source.kind === 'replay' ? source.notes : []), ...run.notes]
  if (options.shard !== undefined) notes.push(SHARD_NOTE)
  notes.push(...describeFaults(scenario.faults, injected))
  if (stoppedEarly !== null) notes.push(`The load ended before its schedule: ${stoppedEarly}.`)
  if (!drained) notes.push(`The pipeline had not caught up ${scenario.drainMs / 1e3} s after the last event.`)
  const { model, semantic } = stack.embedder.capabilities
  const { embedder } = options.stack
  const spared = embedder === undefined ? 0 : fallbackTextsOf(embedder)
  if (spared > 0) {
    notes.push(
      `The embedding service did not answer for ${spared} texts: searches with them moved no preference.`,
    )
  }
  if (semantic) notes.push(`Vectors come from ${model}, in threads of rep’s own process.`)
  if (!semantic) notes.push(`Vectors come from ${model}: they group products by words, not by meaning.`)
  if (stack.log.capabilities.durability === 'process') {
    notes.push(
      'An acknowledged event survives a crash of the process, not of the machine: nothing is fsynced.',
    )
  }
  if (canaries.sent > 0) {
    const lost =
      canaries.lost === 0 ? 'all were seen' : `${canaries.lost} were never seen (${canaries.firstLost})`
    notes.push(
      `Freshness: ${canaries.sent} canaries, warm-up included, polled every ${scenario.load.canaries.pollMs} ms, or every 10 % of their age where that is longer; ${lost}.`,
    )
  }
  const failedReads = Object.entries(reads.failures).filter(([, count]) => count > 0)
  if (failedReads.length > 0 || reads.unsent > 0) {
    const kinds = failedReads.map(([kind, count]) => `${count} ${kind}`).join(', ')
    notes.push(`Recommendation reads that failed: ${kinds || 'none'}; ${reads.unsent} were never sent.`)
  }
  for (const { counts } of loads)
    if (counts.firstError !== null) notes.push(`First failed append: ${counts.firstError}`)
  notes.push(...accounts.map(describeAccount))
  if (reading.foreign > 0) notes.push(`${reading.foreign} records in the log were not this run’s.`)
  if (reading.undecodable > 0) notes.push(`${reading.undecodable} records in the log could not be decoded.`)
  if (reading.truncated.length > 0) {
    notes.push('Retention dropped the beginning of the log: absence there could not be checked.')
  }
  return notes
}

function describeAccount({ of, compared, differing, unknown, examples }: StateAccount): string {
  const what = of === 'likes' ? 'Likes by user and post' : 'Recent searches by user'
  const first = examples.length === 0 ? '' : ` (${examples[0]})`
  return `${what}: ${compared} compared with what the service had answered, ${differing} differ${first}, ${unknown} left out for want of an answer.`
}
