/** Inner product of two vectors of the same length. Four sums, so that the additions need not wait for each other. */
export function dot(a: Float32Array, b: Float32Array): number {
  const length = a.length
  const even = length & ~3
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = 0
  for (; i < even; i += 4) {
    s0 += a[i]! * b[i]!
    s1 += a[i + 1]! * b[i + 1]!
    s2 += a[i + 2]! * b[i + 2]!
    s3 += a[i + 3]! * b[i + 3]!
  }
  for (; i < length; i++) s0 += a[i]! * b[i]!
  return s0 + s1 + (s2 + s3)
}

/** Euclidean length. */
export function norm(a: Float32Array): number {
  return Math.sqrt(dot(a, a))
}

/** Scales a vector to length 1 in place and returns it; a zero vector stays zero. */
export function normalise(a: Float32Array): Float32Array {
  const length = norm(a)
  if (length > 0) for (let i = 0; i < a.length; i++) a[i] = a[i]! / length
  return a
}

/** `y = keep * y + add * x`, in place. */
export function axpby(add: number, x: Float32Array, keep: number, y: Float32Array): void {
  for (let i = 0; i < y.length; i++) y[i] = keep * y[i]! + add * x[i]!
}

/** Cosine of the angle between two vectors; 0 where either is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = norm(a) * norm(b)
  return lengths > 0 ? dot(a, b) / lengths : 0
}

/** True when every component is 0: such a vector has no direction to search in. */
export function isZero(a: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== 0) return false
  return true
}
