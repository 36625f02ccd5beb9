import { encodeShardPart, type ShardFiles } from './shard-part.ts'

export const LEDGER_FILE = 'ledger.bin'
export const PART_FILE = 'shard.json.gz'

/** What a run's directory holds of a shard; nothing for a run that is not one. */
export async function shardFiles(
  files: ShardFiles | undefined,
): Promise<readonly (readonly [name: string, content: Uint8Array])[]> {
  if (files === undefined) return []
  return [
    [LEDGER_FILE, files.ledger],
    [PART_FILE, await encodeShardPart(files.part)],
  ]
}
