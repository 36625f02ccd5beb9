import { dot } from './vector.ts'

/** One candidate of a ranking. */
export interface Candidate {
  /** Similarity to what was asked for, -1 to 1. */
  readonly score: number
  /** Of length 1, so that an inner product is a cosine. */
  readonly vector: Float32Array
}

/**
 * Picks `limit` candidates by maximal marginal relevance (Carbonell and Goldstein, "The use of MMR,
 * diversity-based reranking for reordering documents and producing summaries", SIGIR 1998): each time the
 * candidate with the highest
 *
 *     (1 - diversity) * score - diversity * (highest cosine to a candidate already picked)
 *
 * and the earlier one on a tie. Returns positions in `candidates` in the order picked; with diversity 0 that
 * is by falling score. Takes limit * candidates inner products.
 */
export function diversify(candidates: readonly Candidate[], limit: number, diversity: number): number[] {
  const relevance = 1 - diversity
  const nearest = new Float64Array(candidates.length).fill(-1)
  const taken = new Uint8Array(candidates.length)
  const picked: number[] = []
  while (picked.length < Math.min(limit, candidates.length)) {
    let best = -1
    let bestValue = -Infinity
    for (let i = 0; i < candidates.length; i++) {
      if (taken[i] === 1) continue
      const redundancy = picked.length === 0 ? 0 : nearest[i]!
      const value = relevance * candidates[i]!.score - diversity * redundancy
      if (best === -1 || value > bestValue) {
        best = i
        bestValue = value
      }
    }
    taken[best] = 1
    picked.push(best)
    if (diversity > 0) noteNearest(candidates, candidates[best]!.vector, nearest)
  }
  return picked
}

function noteNearest(candidates: readonly Candidate[], picked: Float32Array, nearest: Float64Array): void {
  for (let i = 0; i < candidates.length; i++) {
    nearest[i] = Math.max(nearest[i]!, dot(candidates[i]!.vector, picked))
  }
}
