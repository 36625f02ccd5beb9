export interface BackoffLimits {
  /** Longest wait before the first repetition, ms. */
  readonly baseMs: number
  /** Longest wait at all, ms. */
  readonly maxMs: number
}

/**
 * Wait before repetition `attempt` (0 for the first), ms: uniform between half of and the whole of
 * `baseMs * 2^attempt`, capped at `maxMs`, so that clients that failed together do not return together.
 * `random` is in [0, 1).
 */
export function backoffMs(
  attempt: number,
  limits: BackoffLimits,
  random: () => number = Math.random,
): number {
  const longest = Math.min(limits.maxMs, limits.baseMs * 2 ** attempt)
  return longest * (0.5 + 0.5 * random())
}
