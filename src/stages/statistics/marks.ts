import type { KeyValue } from '../../ports/key-value.ts'
import { tallyKeys } from '../../ports/tallies.ts'
import { TALLY } from './counters.ts'

/** Up to where each source is counted by what the key-value store says; sources that it says nothing of are absent. */
export async function readMarks(keyValue: KeyValue): Promise<ReadonlyMap<string, number>> {
  const [marks] = await keyValue.getHashes([tallyKeys(TALLY).marks])
  return new Map(Object.entries(marks ?? {}).map(([source, text]) => [source, Number(text)]))
}
