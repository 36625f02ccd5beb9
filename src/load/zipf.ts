/** Weights of `count` ranks by Zipf's law: rank r (from 0) has 1 / (r + 1)^exponent. Exponent 0 is uniform. */
export function zipfWeights(count: number, exponent: number): Float64Array {
  const weights = new Float64Array(count)
  for (let rank = 0; rank < count; rank++) weights[rank] = (rank + 1) ** -exponent
  return weights
}

/**
 * Zipf weights of which the first `hot` ranks share `hotShare` of the sum evenly, and the others the rest
 * as Zipf has it. With `hot` or `hotShare` 0, or everybody hot, plain Zipf.
 */
export function hotZipfWeights(
  count: number,
  exponent: number,
  hot: { readonly ranks: number; readonly share: number },
): Float64Array {
  const weights = zipfWeights(count, exponent)
  if (hot.ranks <= 0 || hot.share <= 0 || hot.ranks >= count) return weights
  let rest = 0
  for (let rank = hot.ranks; rank < count; rank++) rest += weights[rank]!
  const scale = (1 - hot.share) / rest
  for (let rank = 0; rank < count; rank++) {
    weights[rank] = rank < hot.ranks ? hot.share / hot.ranks : weights[rank]! * scale
  }
  return weights
}
