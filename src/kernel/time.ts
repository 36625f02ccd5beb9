// performance.now() counts from this thread's own start, process.hrtime() from the host's: the constant
// between them turns the cheap call into one that all threads and processes of the host share.
const [originS, originNs] = process.hrtime()
const offsetUs = originS * 1e6 + originNs / 1e3 - performance.now() * 1e3

/** Microseconds on the host's monotonic clock (CLOCK_MONOTONIC), shared by all threads and processes of the host. */
export function nowUs(): number {
  return performance.now() * 1e3 + offsetUs
}
