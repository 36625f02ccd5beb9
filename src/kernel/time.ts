const READINGS = 50

/**
 * Microseconds on the host's monotonic clock (CLOCK_MONOTONIC), shared by all threads and processes of the host; in a
 * run of several hosts, on the first host's.
 */
export function nowUs(): number {
  return performance.now() * 1e3 + offsetUs
}

/**
 * performance.now() counts from this thread's own start, process.hrtime() from the host's: the constant between
 * them turns the cheap call into one that all threads and processes of the host share. A thread that is put aside
 * between the two readings would be late by that time ever after (milliseconds, where threads start together), so
 * each reading is held between two of the other clock, and the tightest of many is taken: it is off by at most half
 * its width.
 */
let offsetUs = tightestOffsetUs()

/** From now on this thread counts time as the first host of its run does, whose clock is `shiftUs` ahead of this one's. */
export function shiftClock(shiftUs: number): void {
  offsetUs += shiftUs
}

function tightestOffsetUs(): number {
  let offset = 0
  let tightest = Number.POSITIVE_INFINITY
  for (let i = 0; i < READINGS; i++) {
    const before = performance.now()
    const [seconds, ns] = process.hrtime()
    const after = performance.now()
    if (after - before >= tightest) continue
    tightest = after - before
    offset = seconds * 1e6 + ns / 1e3 - ((before + after) / 2) * 1e3
  }
  return offset
}
