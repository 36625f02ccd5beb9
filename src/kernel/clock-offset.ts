/** One round trip to another clock: sent and received on the own clock, answered on the other, µs. */
export interface ClockSample {
  readonly sentUs: number
  readonly otherUs: number
  readonly receivedUs: number
}

/** `other = own + offsetUs`, off by at most `boundUs`. */
export interface ClockOffset {
  readonly offsetUs: number
  readonly boundUs: number
}

/** Round trips that are remembered: clocks drift, so old ones must go. */
const WINDOW = 64

/**
 * How far another clock is ahead. Its reading was taken at some time of the round trip, so half of the round trip
 * bounds the error, whatever way took longer; the shortest of the last round trips is taken.
 */
export class ClockOffsetEstimate {
  readonly #samples: ClockSample[] = []
  #best: ClockOffset | null = null

  add(sample: ClockSample): void {
    this.#samples.push(sample)
    if (this.#samples.length > WINDOW) this.#samples.shift()
    this.#best = null
  }

  /** Throws where there was no round trip. */
  get value(): ClockOffset {
    this.#best ??= offsetOf(this.#samples)
    return this.#best
  }
}

function offsetOf(samples: readonly ClockSample[]): ClockOffset {
  const [first, ...others] = samples
  if (first === undefined) throw new RangeError('no round trip to estimate a clock by')
  let shortest = first
  for (const sample of others) if (tripUs(sample) < tripUs(shortest)) shortest = sample
  const { sentUs, otherUs, receivedUs } = shortest
  return { offsetUs: otherUs - (sentUs + receivedUs) / 2, boundUs: (receivedUs - sentUs) / 2 }
}

function tripUs({ sentUs, receivedUs }: ClockSample): number {
  return receivedUs - sentUs
}
