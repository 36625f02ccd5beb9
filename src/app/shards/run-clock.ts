import { ClockOffsetEstimate } from '../../kernel/clock-offset.ts'
import { nowUs } from '../../kernel/time.ts'

/** How far the shards' common clock, that of the key-value store's host, is ahead of this host's monotonic one. */
export interface ClockReading {
  /** The host's boot: processes of one boot share a monotonic clock. Empty where it is not known. */
  readonly boot: string
  readonly offsetUs: number
  readonly boundUs: number
}

/** Due time 0 of a run, as the first shard fixed it. */
export interface RunStart {
  /** On the first shard's monotonic clock. */
  readonly originUs: number
  /** The same on its wall clock, ms. */
  readonly originEpochMs: number
  readonly clock: ClockReading
}

/** Due time 0 for one shard. */
export interface ShardStart {
  readonly originUs: number
  readonly originEpochMs: number
  /** What this host's monotonic clock is shifted by, so that all shards count time alike. */
  readonly shiftUs: number
  /** By how much this shard's times may differ from the first one's; 0 on the same boot. */
  readonly boundUs: number
}

const TRIPS = 64

/** Compares this host's clock with the store's. */
export async function readClock(boot: string, storeTimeUs: () => Promise<number>): Promise<ClockReading> {
  const estimate = new ClockOffsetEstimate()
  for (let trip = 0; trip < TRIPS; trip++) {
    const sentUs = nowUs()
    const otherUs = await storeTimeUs()
    estimate.add({ sentUs, otherUs, receivedUs: nowUs() })
  }
  return { boot, ...estimate.value }
}

/**
 * The run's start on this host. Every time of the run, in the records of the log too, is on the first shard's
 * monotonic clock: another host adds the difference, which is known by way of the store's clock.
 */
export function startHere(start: RunStart, here: ClockReading): ShardStart {
  const { originUs, originEpochMs, clock } = start
  const shared = clock.boot !== '' && clock.boot === here.boot
  if (shared) return { originUs, originEpochMs, shiftUs: 0, boundUs: 0 }
  const shiftUs = here.offsetUs - clock.offsetUs
  return { originUs, originEpochMs, shiftUs, boundUs: here.boundUs + clock.boundUs }
}
