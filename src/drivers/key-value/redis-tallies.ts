import type { Cluster, Redis } from 'ioredis'
import {
  FROM,
  type TallyOptions,
  type TallyResult,
  type TallySection,
  type TallySnapshot,
  TO,
  tallyKeys,
  tallySnapshot,
} from '../../ports/tallies.ts'
import { coded, evaluate } from './redis-scripts.ts'
import { ttl } from './redis-values.ts'

/**
 * Keys: counters, marks, counters of the moment. Arguments: both times to live, then of each section: source, expected
 * mark (empty: none), from, to, and twice the number of pairs and the pairs, each a name and what to add.
 */
const ADD = coded(`local results, at = {}, 3
while at <= #ARGV do
  local source, expected, from, to = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local counts = at + 5
  local moments = counts + 2 * tonumber(ARGV[at + 4]) + 1
  local after = moments + 2 * tonumber(ARGV[moments - 1])
  local mark = redis.call('HGET', KEYS[2], source) or ''
  local reached = redis.call('HGET', KEYS[1], '${TO}' .. source)
  local fits = mark == expected and (not reached or reached == from)
  if fits then
    if not reached then redis.call('HSET', KEYS[1], '${FROM}' .. source, from) end
    redis.call('HSET', KEYS[1], '${TO}' .. source, to)
    redis.call('HSET', KEYS[2], source, to)
    for i = counts, moments - 2, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
    for i = moments, after - 1, 2 do redis.call('HINCRBY', KEYS[3], ARGV[i], ARGV[i + 1]) end
  end
  results[#results + 1] = (fits and '+' or '-') .. mark
  at = after
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[2])
return table.concat(results, ' ')`)

/** Keys: counters, id of the snapshot, snapshot. Argument: its id. */
const SNAPSHOT = coded(`local pending = redis.call('GET', KEYS[2])
if pending then return pending end
if redis.call('EXISTS', KEYS[1]) == 0 then return '' end
redis.call('RENAME', KEYS[1], KEYS[3])
redis.call('PERSIST', KEYS[3])
redis.call('SET', KEYS[2], ARGV[1])
return ARGV[1]`)

/** Keys: id of the snapshot, snapshot. Argument: its id. */
const DROP = coded(`redis.call('UNLINK', KEYS[2])
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return ''`)

/** Keys: id of the snapshot, snapshot, counters, marks. Argument: the id, empty for none. */
const CLEAR = coded(`if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return '0' end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return '1'`)

/** A server or a cluster, and what goes before every key. */
export interface TallyStore {
  readonly redis: Redis | Cluster
  readonly prefix: string
}

export async function addToTally(
  { redis, prefix }: TallyStore,
  tally: string,
  { sections, options }: { sections: readonly TallySection[]; options: TallyOptions },
): Promise<TallyResult[]> {
  if (sections.length === 0) return []
  const keys = tallyKeys(tally)
  const names = [keys.live, keys.marks, keys.moment(options.moment.name)].map((key) => prefix + key)
  const args = [ttl(options.ttlMs), ttl(options.moment.ttlMs)]
  for (const { source, expected, from, to, counts, moment } of sections) {
    args.push(source, expected === null ? '' : String(expected), String(from), String(to))
    pushPairs(args, counts)
    pushPairs(args, moment)
  }
  const reply = await evaluate(redis, ADD, names, args)
  return reply.split(' ').map((text) => ({
    added: text.startsWith('+'),
    mark: text.length === 1 ? null : Number(text.slice(1)),
  }))
}

export async function snapshotTally(
  { redis, prefix }: TallyStore,
  tally: string,
  id: string,
): Promise<string | null> {
  const { live, pending, snapshot } = tallyKeys(tally)
  const names = [live, pending, snapshot(id)].map((key) => prefix + key)
  return (await evaluate(redis, SNAPSHOT, names, [id])) || null
}

export async function readTally(
  { redis, prefix }: TallyStore,
  tally: string,
  id: string,
): Promise<TallySnapshot | null> {
  const fields = Object.entries(await redis.hgetall(prefix + tallyKeys(tally).snapshot(id)))
  return fields.length === 0 ? null : tallySnapshot(fields.map(([name, text]) => [name, Number(text)]))
}

export async function dropTally({ redis, prefix }: TallyStore, tally: string, id: string): Promise<void> {
  const { pending, snapshot } = tallyKeys(tally)
  await evaluate(redis, DROP, [prefix + pending, prefix + snapshot(id)], [id])
}

export async function clearTally({ redis, prefix }: TallyStore, tally: string): Promise<void> {
  const { pending, snapshot, live, marks } = tallyKeys(tally)
  for (;;) {
    // A script's keys must be known before it runs.
    const id = (await redis.get(prefix + pending)) ?? ''
    const names = [pending, snapshot(id), live, marks].map((key) => prefix + key)
    if ((await evaluate(redis, CLEAR, names, [id])) === '1') return
  }
}

function pushPairs(args: string[], counts: ReadonlyMap<string, number>): void {
  args.push(String(counts.size))
  for (const [name, by] of counts) args.push(name, String(by))
}
