import { isOwn, type Shard } from '../load/event-source.ts'
import { postIdOf } from '../load/posts/post-facts.ts'
import { foldOf, type PostFoldState, uniteFolds } from '../load/posts/post-fold.ts'
import { postOfPair, userOfPair } from '../load/posts/post-request.ts'
import { userIdOf } from '../load/user-picker.ts'
import type { StateAccount } from '../measure/run-record.ts'
import type { KeyValue } from '../ports/key-value.ts'
import { Likes } from '../stages/collect/likes.ts'
import { RecentSearches } from '../stages/collect/recent-searches.ts'
import type { PostsSoFar } from './lab-plan.ts'

const BATCH = 1000
/** Lists read at the same time. */
const AT_ONCE = 64
const MOST_EXAMPLES = 5

/** What users have done about posts by now, of all generator threads; null where they do nothing of the kind. */
export function postsSoFar(loads: readonly { readonly posts: PostsSoFar | null }[]): PostsSoFar | null {
  const all = loads.flatMap(({ posts }) => (posts === null ? [] : [posts]))
  if (all.length === 0) return null
  return {
    steps: new Map(all.flatMap(({ steps }) => [...steps])),
    fold: uniteFolds(all.map(({ fold }) => fold)),
  }
}

/** The part of it that is about a generator thread's users. */
export function ownPosts({ steps, fold }: PostsSoFar, shard: Shard): PostsSoFar {
  const own = (user: number): boolean => isOwn(user, shard)
  return {
    steps: new Map([...steps].filter(([pair]) => own(userOfPair(pair)))),
    fold: foldOf(fold, own),
  }
}

/**
 * Compares what the service holds with what its answers said: who likes what, and each user's recent searches.
 * Where a request got no answer, nobody knows; those are left out and counted.
 */
export async function accountPosts(
  fold: PostFoldState,
  keyValue: KeyValue,
): Promise<readonly StateAccount[]> {
  return [
    await accountLikes(fold, new Likes(keyValue)),
    await accountSearches(fold, new RecentSearches(keyValue)),
  ]
}

async function accountLikes(fold: PostFoldState, likes: Likes): Promise<StateAccount> {
  const account = new Account('likes', fold)
  const pairs = [...fold.likes.keys()].filter((pair) => !fold.unsureLikes.has(pair))
  for (let from = 0; from < pairs.length; from += BATCH) {
    const batch = pairs.slice(from, from + BATCH)
    const about = batch.map((pair) => ({
      userId: userIdOf(userOfPair(pair)),
      postId: postIdOf(postOfPair(pair)),
    }))
    const steps = await likes.steps(about)
    for (const [i, pair] of batch.entries()) {
      const { userId, postId } = about[i]!
      const says = steps[i]! % 2 === 1
      account.compare(
        says === fold.likes.get(pair),
        () => `${userId} ${says ? 'likes' : 'does not like'} ${postId}`,
      )
    }
  }
  return account.toRecord(fold.unsureLikes.size)
}

async function accountSearches(fold: PostFoldState, searches: RecentSearches): Promise<StateAccount> {
  const account = new Account('searches', fold)
  const users = [...fold.searches.keys()].filter((user) => !fold.unsureSearches.has(user))
  const nowMs = Date.now()
  for (let from = 0; from < users.length; from += AT_ONCE) {
    const batch = users.slice(from, from + AT_ONCE)
    const lists = await Promise.all(batch.map((user) => searches.list(userIdOf(user), nowMs)))
    for (const [i, user] of batch.entries()) {
      const wanted = fold.searches.get(user)!
      const held = lists[i]!.map(({ query }) => query)
      const same = held.length === wanted.length && held.every((query, at) => query === wanted[at])
      account.compare(
        same,
        () => `${userIdOf(user)} has ${JSON.stringify(held)}, not ${JSON.stringify(wanted)}`,
      )
    }
  }
  return account.toRecord(fold.unsureSearches.size)
}

class Account {
  readonly #of: StateAccount['of']
  readonly #examples: string[]
  #compared = 0
  #differing: number

  constructor(of: StateAccount['of'], { contradictions }: PostFoldState) {
    this.#of = of
    const details = contradictions.filter((found) => found.of === of).map(({ detail }) => detail)
    this.#differing = details.length
    this.#examples = details.slice(0, MOST_EXAMPLES)
  }

  compare(same: boolean, describe: () => string): void {
    this.#compared++
    if (same) return
    this.#differing++
    if (this.#examples.length < MOST_EXAMPLES) this.#examples.push(describe())
  }

  toRecord(unknown: number): StateAccount {
    return {
      of: this.#of,
      compared: this.#compared,
      differing: this.#differing,
      unknown,
      examples: this.#examples,
    }
  }
}
