import { RepError } from '../errors/rep-error.ts'

/**
 * The bucket of HdrHistogram (3 significant digits, unit 1 µs) that a value counts in: 2,048 sub-buckets of
 * 1 µs, then 1,024 of twice the width of the ones before, and so on, so that a bucket is never wider than
 * 0.1 % of its values. Formula: org.HdrHistogram.AbstractHistogram#countsArrayIndex.
 */
export function bucketIndex(valueUs: number): number {
  if (valueUs < 0x1_0000_0000) {
    const value = valueUs >>> 0
    const bucket = value < 2048 ? 0 : 21 - Math.clz32(value)
    return (bucket << 10) + (value >>> bucket)
  }
  let bucket = 22
  let sub = Math.floor(valueUs / 2 ** bucket)
  for (; sub >= 2048; bucket++) sub = Math.floor(sub / 2)
  return (bucket << 10) + sub
}

/** The lowest value, µs, of a bucket. */
export function bucketValueUs(index: number): number {
  return index < 2048 ? index : ((index & 1023) + 1024) * 2 ** ((index >>> 10) - 1)
}

/** Counts of latencies as plain arrays of the buckets that hold any: survives a structured clone. */
export interface SparseCounts {
  /** Bucket indexes, ascending. */
  readonly indexes: Uint16Array
  readonly counts: Uint32Array | Float64Array
  readonly total: number
  /** Sum of all values in whole µs: exact below 2^53. */
  readonly sumUs: number
  /** Largest value; 0 where there is none. */
  readonly maxUs: number
  /** Smallest value above 0; Infinity where there is none. */
  readonly minNonZeroUs: number
}

const FIRST_BUCKETS = 8 * 1024

/**
 * Latencies counted in HdrHistogram's buckets. A count costs about a quarter of recordValue of hdr-histogram-js
 * 3.0 in JavaScript, and a third of it in WebAssembly (test/bench/latency-recorder.ts); adding keeps the exact
 * largest value, which its `add` of another range loses and its encoding rounds up.
 */
export class LatencyCounts {
  #counts = new Float64Array(FIRST_BUCKETS)
  total = 0
  sumUs = 0
  maxUs = 0
  minNonZeroUs = Number.POSITIVE_INFINITY

  /**
   * Counts one latency in µs, cut to whole ones as HdrHistogram does; 0 is a value like any other. Below 0,
   * which only rounding of the clock can give, counts as 0. Throws REP_INTERNAL when it is not a number.
   */
  record(latencyUs: number): void {
    let valueUs = latencyUs
    if (!(valueUs >= 0)) valueUs = atLeastZero(latencyUs)
    const index = bucketIndex(valueUs)
    if (index >= this.#counts.length) this.#grow(index)
    this.#counts[index]!++
    const whole = Math.floor(valueUs)
    this.total++
    this.sumUs += whole
    if (whole > this.maxUs) this.maxUs = whole
    if (whole < this.minNonZeroUs && whole > 0) this.minNonZeroUs = whole
  }

  /** Adds all counts of another. */
  add(other: SparseCounts): void {
    const { indexes, counts } = other
    if (indexes.length === 0) return
    const last = indexes[indexes.length - 1]!
    if (last >= this.#counts.length) this.#grow(last)
    for (let i = 0; i < indexes.length; i++) this.#counts[indexes[i]!]! += counts[i]!
    this.total += other.total
    this.sumUs += other.sumUs
    this.maxUs = Math.max(this.maxUs, other.maxUs)
    this.minNonZeroUs = Math.min(this.minNonZeroUs, other.minNonZeroUs)
  }

  /** A copy of what was counted so far. */
  toSparse(): SparseCounts {
    const end = this.total === 0 ? 0 : bucketIndex(this.maxUs) + 1
    let used = 0
    for (let i = 0; i < end; i++) if (this.#counts[i] !== 0) used++
    const indexes = new Uint16Array(used)
    const counts = this.total <= 0xffffffff ? new Uint32Array(used) : new Float64Array(used)
    for (let i = 0, at = 0; i < end; i++) {
      const count = this.#counts[i]!
      if (count === 0) continue
      indexes[at] = i
      counts[at++] = count
    }
    const { total, sumUs, maxUs, minNonZeroUs } = this
    return { indexes, counts, total, sumUs, maxUs, minNonZeroUs }
  }

  clear(): void {
    this.#counts.fill(0)
    this.total = 0
    this.sumUs = 0
    this.maxUs = 0
    this.minNonZeroUs = Number.POSITIVE_INFINITY
  }

  #grow(index: number): void {
    const grown = new Float64Array(((index >>> 10) + 2) << 10)
    grown.set(this.#counts)
    this.#counts = grown
  }
}

/** All counts of several, as one. */
export function mergeCounts(parts: readonly SparseCounts[]): SparseCounts {
  if (parts.length === 1) return parts[0]!
  const sum = new LatencyCounts()
  for (const part of parts) sum.add(part)
  return sum.toSparse()
}

function atLeastZero(latencyUs: number): number {
  if (latencyUs < 0) return 0
  throw new RepError(
    'REP_INTERNAL',
    `A latency of ${latencyUs} µs was recorded: its due or done time is missing.`,
  )
}
