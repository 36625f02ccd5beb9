/** What a user can ask for about posts. */
export const POST_ACTIONS = ['view', 'click', 'like', 'unlike', 'search', 'recent', 'read', 'list'] as const
export type PostAction = (typeof POST_ACTIONS)[number]

/** What each request is timed as. */
export const MEASURE_OF_ACTION = {
  view: 'ack',
  click: 'ack',
  like: 'ack',
  unlike: 'ack',
  search: 'ack',
  recent: 'searches',
  read: 'posts',
  list: 'posts',
} as const satisfies Record<PostAction, string>

/** One request of a user; its body, if it has one, is the record's value. */
export interface PostRequest {
  readonly action: PostAction
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path and query, percent-encoded. */
  readonly path: string
  readonly user: number
  readonly post: number
  /** What is searched for; empty where nothing is. */
  readonly query: string
  /** Trace id of the like step that it takes; null where it changes nothing, or is none. */
  readonly stepId: string | null
}

/** Beyond the most posts: a user and a post as one number. */
const POSTS = 2 ** 26

export function pairOf(user: number, post: number): number {
  return user * POSTS + post
}

export function userOfPair(pair: number): number {
  return Math.floor(pair / POSTS)
}

export function postOfPair(pair: number): number {
  return pair % POSTS
}
