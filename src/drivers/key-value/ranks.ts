import type { Database } from 'lmdb'
import type { RankedMember } from '../../ports/key-value.ts'

const PREFIX_BYTES = 2
const SCORE_BYTES = 8

/**
 * Ranked sets: one small value a member, so that an increment is one read and one write. `top` reads the
 * whole set instead; sets are raised far more often than they are asked.
 */
export class Ranks {
  /** Keys: length of the set's key (2 bytes, big-endian), the set's key, the member. Values: score, little-endian double. */
  readonly #scores: Database<Uint8Array, Uint8Array>
  readonly #key = Buffer.alloc(2048)
  readonly #score = Buffer.alloc(SCORE_BYTES)

  constructor(scores: Database<Uint8Array, Uint8Array>) {
    this.#scores = scores
  }

  /** Adds to the members' scores; call within a transaction. */
  add(set: string, increments: readonly RankedMember[]): void {
    const start = this.#writeSet(set)
    for (let i = 0; i < increments.length; i++) {
      const { member, score } = increments[i]!
      const key = this.#key.subarray(0, start + this.#key.write(member, start, 'utf8'))
      const stored = this.#scores.getBinaryFast(key)
      this.#score.writeDoubleLE(stored === undefined ? score : score + stored.readDoubleLE(0), 0)
      this.#scores.putSync(key, this.#score)
    }
  }

  /** The `limit` highest-scored members, best first; equal scores in the order of their names. */
  top(set: string, limit: number): RankedMember[] {
    const length = this.#writeSet(set)
    const start = Buffer.from(this.#key.subarray(0, length))
    const end = Buffer.from(start)
    increase(end)
    const best: RankedMember[] = []
    for (const { key, value } of this.#scores.getRange({ start, end })) {
      const score = (value as Buffer).readDoubleLE(0)
      if (best.length === limit && (limit === 0 || score <= best[limit - 1]!.score)) continue
      insert(best, { member: (key as Buffer).toString('utf8', length), score })
      if (best.length > limit) best.pop()
    }
    return best
  }

  #writeSet(set: string): number {
    const length = this.#key.write(set, PREFIX_BYTES, 'utf8')
    this.#key.writeUInt16BE(length, 0)
    return PREFIX_BYTES + length
  }
}

/** Keeps `best` ordered by score, best first, the newcomer after its equals. */
function insert(best: RankedMember[], newcomer: RankedMember): void {
  let at = best.length
  while (at > 0 && best[at - 1]!.score < newcomer.score) at--
  best.splice(at, 0, newcomer)
}

/** The next byte string of the same length: the end of all that begin with this one. */
function increase(bytes: Buffer): void {
  let at = bytes.length - 1
  while (at >= 0 && bytes[at] === 255) bytes[at--] = 0
  if (at >= 0) bytes[at] = bytes[at]! + 1
}
