import { hashNumber, hashWord } from '../../kernel/random.ts'
import { MAKERS, RANGES } from '../catalogue-words.ts'

/** A post; everything follows from its number. */
export interface PostFacts {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly author: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

const KEY = hashWord(1, 'posts')
const AUTHORS = 10_000
const YEAR_S = 365 * 86_400
export const POST_CATEGORIES: readonly string[] = RANGES.map(({ category }) => category)

/** Id of a post by its number, most popular first. The products of a generated catalogue are called so too. */
export function postIdOf(post: number): string {
  return `p-${String(post).padStart(6, '0')}`
}

/** Posts, made one by one: millions of them take no memory. They are the same whatever the seed. */
export class PostMaker {
  readonly #beforeMs: number

  /** `beforeMs`: all are older. */
  constructor(beforeMs: number) {
    this.#beforeMs = beforeMs
  }

  facts(post: number): PostFacts {
    const { range, noun, trait, maker } = this.#words(post)
    return {
      id: postIdOf(post),
      title: `${trait} ${noun} by ${maker}`,
      category: range.category,
      author: `author-${this.#draw(post, 5) % AUTHORS}`,
      createdAt: this.#beforeMs - (1 + (this.#draw(post, 6) % YEAR_S)) * 1000,
    }
  }

  /** What somebody types who looks for it. */
  query(post: number, draw: number): string {
    const { noun, trait, maker } = this.#words(post)
    const kind = draw % 3
    return kind === 0 ? noun : kind === 1 ? `${trait} ${noun}` : `${maker} ${noun}`
  }

  #words(post: number) {
    const range = RANGES[this.#draw(post, 1) % RANGES.length]!
    const noun = range.nouns[this.#draw(post, 2) % range.nouns.length]!
    const trait = range.traits[this.#draw(post, 3) % range.traits.length]!
    return { range, noun, trait, maker: MAKERS[this.#draw(post, 4) % MAKERS.length]! }
  }

  #draw(post: number, which: number): number {
    return hashNumber(KEY + which, post)
  }
}
