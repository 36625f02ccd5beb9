import { RepError } from '../errors/rep-error.ts'

/** A slice of one schedule, as users count: 1 is the first. */
export interface ShardNumber {
  readonly index: number
  readonly of: number
}

/** More processes than this would each drive next to nothing. */
export const MOST_SHARDS = 1000

/** `2/5`: the second of five shards. Throws REP_USAGE. */
export function parseShard(text: string): ShardNumber {
  const [, index = '', of = ''] = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (of !== '' && shard.of >= 1 && shard.of <= MOST_SHARDS && shard.index >= 1 && shard.index <= shard.of)
    return shard
  throw new RepError(
    'REP_USAGE',
    `Expected a shard as I/N, e.g. 2/5, with 1 <= I <= N <= ${MOST_SHARDS}, got “${text}”.`,
  )
}

/** As the user wrote it. */
export function shardName({ index, of }: ShardNumber): string {
  return `${index}/${of}`
}
