import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import { readLedger, type StreamMarks } from '../../measure/ledger-file.ts'
import type { RunRecord } from '../../measure/run-record.ts'
import type { Home } from '../home.ts'
import { findRun } from '../run-store.ts'
import { agree, describeFacts } from './shard-facts.ts'
import { LEDGER_FILE, PART_FILE } from './shard-files.ts'
import { decodeShardPart, type ShardPart } from './shard-part.ts'

/** One shard of a run, as it was left in its directory. */
export interface StoredShard {
  readonly record: RunRecord
  readonly part: ShardPart
  readonly ledger: readonly StreamMarks[]
}

/**
 * The shards of one run by their order, each given by its directory or its run's id. Throws REP_USAGE with every fault
 * at once: a run that is no shard, a shard that is missing or there twice, shards that are not of one run.
 */
export async function readShards(home: Home, wanted: readonly string[]): Promise<readonly StoredShard[]> {
  const faults: string[] = []
  const found: StoredShard[] = []
  for (const name of wanted) {
    try {
      found.push(await readShard(home, name))
    } catch (error) {
      if (!(error instanceof RepError)) throw error
      faults.push(`${name}: ${error.message}`)
    }
  }
  const shards = found.sort((a, b) => a.part.index - b.part.index)
  faults.push(...setFaults(shards, faults.length > 0))
  if (faults.length === 0) return shards
  throw new RepError('REP_USAGE', 'These runs cannot be merged.', { details: faults })
}

async function readShard(home: Home, wanted: string): Promise<StoredShard> {
  const directory = existsSync(join(wanted, 'run.json')) ? wanted : (await findRun(home, wanted)).directory
  const file = join(directory, PART_FILE)
  if (!existsSync(file))
    throw new RepError('REP_INPUT', `is not a shard of a run: it was not made with --shard (no ${PART_FILE})`)
  try {
    return {
      record: JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')) as RunRecord,
      part: await decodeShardPart(await readFile(file)),
      ledger: await readLedger(join(directory, LEDGER_FILE)),
    }
  } catch (error) {
    if (error instanceof RepError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new RepError('REP_INPUT', `cannot be read: ${why}`, { cause: error })
  }
}

/** What is wrong with these shards as a set; a shard that could not be read is not missing, too. */
export function setFaults(
  shards: readonly Pick<StoredShard, 'part' | 'record'>[],
  incomplete: boolean,
): string[] {
  const [first] = shards
  if (first === undefined) return incomplete ? [] : ['There is no run to merge.']
  const faults: string[] = []
  for (const { part } of shards) {
    const [mine, theirs] = [part, first.part].map(({ index, facts }) => describeFacts(index, facts))
    if (!agree(part.facts, first.part.facts)) faults.push(`This is ${mine}; that is ${theirs}.`)
    else if (part.run !== first.part.run) faults.push(`Not of one run, but of two alike: ${mine}; ${theirs}.`)
  }
  const { shards: of } = first.part.facts
  const byIndex = Map.groupBy(shards, ({ part }) => part.index)
  for (let index = 1; index <= of; index++) {
    const same = byIndex.get(index) ?? []
    if (same.length > 1) faults.push(`Shard ${index}/${of} is there ${same.length} times: ${ids(same)}.`)
    if (same.length === 0 && !incomplete) faults.push(`Shard ${index}/${of} is missing.`)
  }
  return faults
}

function ids(shards: readonly Pick<StoredShard, 'record'>[]): string {
  return shards.map(({ record }) => record.id).join(', ')
}
