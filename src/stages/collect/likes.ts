import { likeStepId } from '../../domain/named-event-id.ts'
import type { KeyValue } from '../../ports/key-value.ts'

/** What a like is about. */
export interface Liking {
  readonly postId: string
  readonly userId: string
}

/** A step from liked to unliked or back that has not been taken yet. */
export interface LikeStep extends Liking {
  /** Trace id of its event: the same for everybody who takes this step, so that it counts once. */
  readonly eventId: string
  readonly from: number
}

/**
 * Who likes what: under `like:{post}:{user}` the number of steps so far, odd while the user likes the post.
 * Take a step's event to the log first, then `settle`: a crash between repeats the event under the same trace id.
 */
export class Likes {
  readonly #keyValue: KeyValue

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue
  }

  /** The step that is missing; null where the user likes the post already, or does not, as wanted. */
  async next(liking: Liking, wanted: boolean): Promise<LikeStep | null> {
    const [stored] = await this.#keyValue.getMany([keyOf(liking)])
    const from = stored === null || stored === undefined ? 0 : versionOf(stored)
    if ((from % 2 === 1) === wanted) return null
    return { ...liking, from, eventId: likeStepId(liking, from + 1) }
  }

  /** How many steps each has taken, by position: odd where the user likes the post. */
  async steps(likings: readonly Liking[]): Promise<readonly number[]> {
    const stored = await this.#keyValue.getMany(likings.map(keyOf))
    return stored.map((value) => (value === null ? 0 : versionOf(value)))
  }

  /** Notes that the step was taken; another request that took the same one may have noted it before. */
  async settle(step: LikeStep): Promise<void> {
    const value = Buffer.alloc(8)
    value.writeBigUInt64LE(BigInt(step.from + 1))
    const expectedVersion = step.from === 0 ? null : step.from
    await this.#keyValue.compareAndSetMany([{ key: keyOf(step), value, expectedVersion }])
  }
}

function keyOf({ postId, userId }: Liking): string {
  return `like:${encodeURIComponent(postId)}:${encodeURIComponent(userId)}`
}

function versionOf(value: Uint8Array): number {
  return Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true))
}
