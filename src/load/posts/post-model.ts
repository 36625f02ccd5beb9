import type { PostWeights } from '../../config/scenario.ts'
import { AliasTable } from '../../kernel/alias-table.ts'
import { mix32 } from '../../kernel/random.ts'
import { userKey } from '../user-picker.ts'
import { zipfWeights } from '../zipf.ts'
import { POST_ACTIONS, type PostAction, pairOf, postOfPair, userOfPair } from './post-request.ts'

/** How many steps each user and post have taken, by pair: odd where the user likes the post. */
export type LikeSteps = ReadonlyMap<number, number>

export interface PostModelOptions {
  readonly seed: number
  readonly users: number
  readonly posts: number
  readonly zipf: number
  readonly weights: PostWeights
  /** From a run before this one, on the same stores. */
  readonly steps?: LikeSteps
}

const GOLDEN = 0x9e3779b9
/** One in so many likes is of a post that the user likes already, and unlikes of one that the user may not. */
const REPEATS = 8

/**
 * What users do about posts. A user's requests follow from the seed, the user and how many the user has made
 * before, so a shard needs no other shard's users. `take` leaves the request in the fields.
 */
export class PostModel {
  action: PostAction = 'view'
  post = 0
  /** Number of the like step that the request takes; 0 where it changes nothing, or is none. */
  step = 0
  /** For what else is drawn: unsigned, 32 bits. */
  toss = 0
  readonly #seed: number
  readonly #actions: AliasTable
  readonly #posts: AliasTable
  readonly #draws: Uint32Array
  readonly #steps: Map<number, number>
  /** Posts that each user likes, the latest last. */
  readonly #liked = new Map<number, number[]>()
  #key = 0
  #drawn = 0

  constructor({ seed, users, posts, zipf, weights, steps }: PostModelOptions) {
    this.#seed = seed
    this.#actions = new AliasTable(Float64Array.from(POST_ACTIONS, (action) => weights[action]))
    this.#posts = new AliasTable(zipfWeights(posts, zipf))
    this.#draws = new Uint32Array(users)
    this.#steps = new Map(steps)
    for (const [pair, count] of this.#steps) {
      if (count % 2 === 1) this.#likedBy(userOfPair(pair)).push(postOfPair(pair))
    }
  }

  get steps(): LikeSteps {
    return this.#steps
  }

  /** The user's next request. */
  take(user: number): void {
    this.#key = userKey(this.#seed, user)
    this.#drawn = this.#draws[user]!
    this.action = POST_ACTIONS[this.#actions.at(this.#draw(), this.#draw())]!
    this.post = this.#posts.at(this.#draw(), this.#draw())
    this.toss = this.#draw()
    this.step = 0
    if (this.action === 'like') this.#like(user)
    else if (this.action === 'unlike') this.#unlike(user)
    this.#draws[user] = this.#drawn
  }

  #like(user: number): void {
    const liked = this.#likedBy(user)
    if (this.toss % REPEATS === 0 && liked.length > 0) this.post = liked[(this.toss >>> 8) % liked.length]!
    if (liked.includes(this.post)) return
    this.#step(user)
    liked.push(this.post)
  }

  #unlike(user: number): void {
    const liked = this.#likedBy(user)
    if (this.toss % REPEATS !== 0 && liked.length > 0) this.post = liked.at(-1)!
    const at = liked.indexOf(this.post)
    if (at < 0) return
    this.#step(user)
    liked.splice(at, 1)
  }

  #step(user: number): void {
    const pair = pairOf(user, this.post)
    this.step = (this.#steps.get(pair) ?? 0) + 1
    this.#steps.set(pair, this.step)
  }

  #likedBy(user: number): number[] {
    const known = this.#liked.get(user)
    if (known !== undefined) return known
    const liked: number[] = []
    this.#liked.set(user, liked)
    return liked
  }

  #draw(): number {
    this.#drawn++
    return mix32(this.#key + Math.imul(this.#drawn, GOLDEN))
  }
}
