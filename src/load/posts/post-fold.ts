import { type PostRequest, pairOf, userOfPair } from './post-request.ts'

/** What the answers so far say that the service must hold; survives a structured clone. */
export interface PostFoldState {
  /** By user and post: whether the user likes it. */
  readonly likes: ReadonlyMap<number, boolean>
  /** Of which a request got no answer: nobody knows. */
  readonly unsureLikes: ReadonlySet<number>
  /** By user: recent searches, newest first. */
  readonly searches: ReadonlyMap<number, readonly string[]>
  readonly unsureSearches: ReadonlySet<number>
  /** Answers that contradict the ones before. */
  readonly contradictions: readonly Contradiction[]
}

export interface Contradiction {
  readonly of: 'likes' | 'searches'
  readonly detail: string
}

export const EMPTY_FOLD: PostFoldState = {
  likes: new Map(),
  unsureLikes: new Set(),
  searches: new Map(),
  unsureSearches: new Set(),
  contradictions: [],
}

/** As the service keeps them. */
const MOST_SEARCHES = 20
/** Beyond these they are as good as counted. */
const MOST_CONTRADICTIONS = 1000

/** Folds the acknowledged requests of users, each user's in the order in which they were sent. */
export class PostFold implements PostFoldState {
  readonly likes: Map<number, boolean>
  readonly unsureLikes: Set<number>
  readonly searches: Map<number, readonly string[]>
  readonly unsureSearches: Set<number>
  readonly contradictions: Contradiction[] = []

  constructor(before: PostFoldState = EMPTY_FOLD) {
    this.likes = new Map(before.likes)
    this.unsureLikes = new Set(before.unsureLikes)
    this.searches = new Map(before.searches)
    this.unsureSearches = new Set(before.unsureSearches)
  }

  /** The service says whether the request changed anything. */
  liked({ action, user, post }: PostRequest): void {
    this.likes.set(pairOf(user, post), action === 'like')
  }

  isSure({ user, post }: PostRequest): boolean {
    return !this.unsureLikes.has(pairOf(user, post))
  }

  searched({ user, query }: PostRequest): void {
    const before = this.searches.get(user) ?? []
    this.searches.set(user, [query, ...before.filter((text) => text !== query)].slice(0, MOST_SEARCHES))
  }

  /** Compares what the service says of a user's searches. */
  saw({ user, path }: PostRequest, queries: readonly string[]): void {
    if (this.unsureSearches.has(user)) return
    const wanted = this.searches.get(user) ?? []
    if (wanted.length === queries.length && wanted.every((query, i) => query === queries[i])) return
    const detail = `${path} said ${JSON.stringify(queries)}, not ${JSON.stringify(wanted)}`
    this.contradict({ of: 'searches', detail })
  }

  /** The request got no answer that says what became of it. */
  unknown({ action, user, post }: PostRequest): void {
    if (action === 'like' || action === 'unlike') this.unsureLikes.add(pairOf(user, post))
    else if (action === 'search') this.unsureSearches.add(user)
  }

  contradict(contradiction: Contradiction): void {
    if (this.contradictions.length < MOST_CONTRADICTIONS) this.contradictions.push(contradiction)
  }

  /** As plain data. */
  toState(): PostFoldState {
    const { likes, unsureLikes, searches, unsureSearches, contradictions } = this
    return { likes, unsureLikes, searches, unsureSearches, contradictions }
  }
}

/** The part of a fold that is about these users. */
export function foldOf(fold: PostFoldState, isOwn: (user: number) => boolean): PostFoldState {
  const ownPair = (pair: number): boolean => isOwn(userOfPair(pair))
  return {
    likes: new Map([...fold.likes].filter(([pair]) => ownPair(pair))),
    unsureLikes: new Set([...fold.unsureLikes].filter(ownPair)),
    searches: new Map([...fold.searches].filter(([user]) => isOwn(user))),
    unsureSearches: new Set([...fold.unsureSearches].filter(isOwn)),
    contradictions: [],
  }
}

/** Folds of disjoint users as one. */
export function uniteFolds(folds: readonly PostFoldState[]): PostFoldState {
  return {
    likes: new Map(folds.flatMap(({ likes }) => [...likes])),
    unsureLikes: new Set(folds.flatMap(({ unsureLikes }) => [...unsureLikes])),
    searches: new Map(folds.flatMap(({ searches }) => [...searches])),
    unsureSearches: new Set(folds.flatMap(({ unsureSearches }) => [...unsureSearches])),
    contradictions: folds.flatMap(({ contradictions }) => contradictions),
  }
}
