/** What computing another part costs beside its tokens, in tokens (docs/performance.md). */
const PART_TOKENS = 6

/**
 * Parts a batch, by position, so that texts of like length are together: all of a part are padded to its longest, and
 * padding is computed as tokens are. A part ends where going on would cost more padding than another part does.
 */
export function partsOf(lengths: readonly number[]): number[][] {
  const order = [...lengths.keys()].sort((a, b) => lengths[a]! - lengths[b]!)
  const parts: number[][] = []
  let part: number[] = []
  let tokens = 0
  for (const at of order) {
    const length = lengths[at]!
    if (part.length * length - tokens > PART_TOKENS) {
      parts.push(part)
      part = []
      tokens = 0
    }
    part.push(at)
    tokens += length
  }
  if (part.length > 0) parts.push(part)
  return parts
}
