import { nameUuid } from './name-uuid.ts'

/** Name space of the ids: a random UUID, the same for ever. */
const NAME_SPACE = Buffer.from('0b8f6c5e2d914a37b0c47f1e9a52d683', 'hex')

/** A trace id that follows from what the event is about. */
export function namedEventId(...parts: readonly (string | number)[]): string {
  return nameUuid(NAME_SPACE, parts.join('\n'))
}

/** Trace id of a user's n-th step (from 1) from not liking a post to liking it, or back. */
export function likeStepId({ postId, userId }: { postId: string; userId: string }, step: number): string {
  return namedEventId('like', postId, userId, step)
}
