import { createHash } from 'node:crypto'
import { type Cluster, type Redis, ReplyError } from 'ioredis'
import type { RankedMember } from '../../ports/key-value.ts'

/** Keys that one script handles; nothing else runs on the server meanwhile, some hundred microseconds. */
const CHUNK = 256

export interface Code {
  readonly text: string
  readonly sha: string
}

/** A script on any number of keys, which returns one element a key. */
export interface Script extends Code {
  /** Arguments of each key. */
  readonly width: number
}

/** Arguments of each key: the expected first 8 bytes (empty: the key must be absent), time to live, value. */
export const COMPARE_AND_SET = script(
  3,
  `local stored = redis.call('GETRANGE', key, 0, 7)
   if stored ~= ARGV[at] then return '0' end
   if ARGV[at + 1] == '0' then redis.call('SET', key, ARGV[at + 2])
   else redis.call('SET', key, ARGV[at + 2], 'PX', ARGV[at + 1]) end
   return '1'`,
)

/** Arguments of each key: time to live, value. */
export const SET = script(
  2,
  `redis.call('SET', key, ARGV[at + 1], 'PX', ARGV[at])
   return '1'`,
)

/** Arguments of each key: time to live, value. */
export const SET_IF_ABSENT = script(
  2,
  `local done
   if ARGV[at] == '0' then done = redis.call('SET', key, ARGV[at + 1], 'NX')
   else done = redis.call('SET', key, ARGV[at + 1], 'NX', 'PX', ARGV[at]) end
   return done and '1' or '0'`,
)

/** Arguments of each key: time to live, JSON list of fields and values in turn. */
export const SET_HASH = replacement('HSET')

/** Arguments of each key: time to live, JSON list of items. */
export const SET_LIST = replacement('RPUSH')

/** Arguments of each key: amount, time to live, which counts from the first increment. */
export const INCREMENT = script(
  2,
  `local count = redis.call('INCRBYFLOAT', key, ARGV[at])
   if redis.call('PTTL', key) == -1 then redis.call('PEXPIRE', key, ARGV[at + 1]) end
   return count`,
)

/** Raises scores in the one ranked set that is its key; arguments: score and member, in turn. */
const RANK = coded(`for i = 1, #ARGV, 2 do redis.call('ZINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return ''`)

/** Adds to the scores of members of one ranked set, in one pipelined round trip. */
export async function raiseScores(
  redis: Redis | Cluster,
  key: string,
  increments: readonly RankedMember[],
): Promise<void> {
  const replies: Promise<string>[] = []
  for (let start = 0; start < increments.length; start += CHUNK) {
    const args: string[] = []
    for (const { member, score } of increments.slice(start, start + CHUNK)) args.push(String(score), member)
    replies.push(evaluate(redis, RANK, [key], args))
  }
  await Promise.all(replies)
}

/** Runs a script over all keys, chunk by chunk in one pipelined round trip; its elements by position. */
export async function runScript(
  redis: Redis,
  code: Script,
  keys: readonly string[],
  args: readonly (string | Buffer)[],
): Promise<string[]> {
  const replies: Promise<string>[] = []
  for (let start = 0; start < keys.length; start += CHUNK) {
    const chunk = keys.slice(start, start + CHUNK)
    const from = start * code.width
    replies.push(evaluate(redis, code, chunk, args.slice(from, from + chunk.length * code.width)))
  }
  const elements = await Promise.all(replies)
  return elements.length === 0 ? [] : elements.join(' ').split(' ')
}

/** By its hash; with its text where the server does not know it (yet, or after a restart). */
export async function evaluate(
  redis: Redis | Cluster,
  code: Code,
  keys: readonly string[],
  args: readonly (string | Buffer)[],
): Promise<string> {
  try {
    return (await redis.evalsha(code.sha, keys.length, ...keys, ...args)) as string
  } catch (error) {
    if (!(error instanceof ReplyError) || !(error as Error).message.startsWith('NOSCRIPT')) throw error
    return (await redis.eval(code.text, keys.length, ...keys, ...args)) as string
  }
}

/** `body` handles `key`, whose arguments begin at `ARGV[at]`, and returns a string without spaces. */
function script(width: number, body: string): Script {
  const text = `local function handle(key, at)
   ${body}
end
local results = {}
for i = 1, #KEYS do results[i] = handle(KEYS[i], (i - 1) * ${width} + 1) end
return table.concat(results, ' ')`
  return { ...coded(text), width }
}

/** Removes a key and builds it anew, a few hundred elements a command. */
function replacement(command: 'HSET' | 'RPUSH'): Script {
  return script(
    2,
    `local items = cjson.decode(ARGV[at + 1])
   redis.call('DEL', key)
   for i = 1, #items, 500 do redis.call('${command}', key, unpack(items, i, math.min(i + 499, #items))) end
   if #items > 0 and ARGV[at] ~= '0' then redis.call('PEXPIRE', key, ARGV[at]) end
   return '1'`,
  )
}

/** A script, and the hash that servers know it by. */
export function coded(text: string): Code {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
