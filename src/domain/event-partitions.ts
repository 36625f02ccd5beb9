/** Days are counted since the epoch, in UTC. */
export const DAY_MS = 86_400_000

/** Days after the newest that have a partition before their first event comes. */
export const DAYS_AHEAD = 2
/** More partitions than that make every statement slow; what is older stays in the default partition. */
export const MOST_DAYS = 400

export interface PartitionsNow {
  /** Days that have a partition. */
  readonly existing: ReadonlySet<number>
  /** Days of events that are stored or about to be. */
  readonly seen: Iterable<number>
  /** By the clock of this host. */
  readonly today: number
  readonly retentionDays: number
}

export interface PartitionPlan {
  /** Ascending. */
  readonly create: readonly number[]
  readonly drop: readonly number[]
  /** Events of days before this one are past their retention. */
  readonly firstKept: number
}

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** `events_20260203`: what the partition of a day is called. */
export function partitionName(day: number): string {
  return `events_${dateOf(day).replaceAll('-', '')}`
}

/** The day of a partition; null where the name is of none, as that of the default partition. */
export function partitionDay(name: string): number | null {
  const [, year, month, day] = /^events_(\d{4,6})(\d\d)(\d\d)$/.exec(name) ?? []
  return day === undefined ? null : dayOf(Date.UTC(Number(year), Number(month) - 1, Number(day)))
}

/** `2026-02-03`. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/**
 * Which partitions are to be made and which are past their retention. Retention counts back from the newest event,
 * because a replay's events are old; but an event from the future, by a clock that is wrong, is no newest one. It
 * waits in the default partition, as does one that is older than what is kept.
 */
export function planPartitions({ existing, seen, today, retentionDays }: PartitionsNow): PartitionPlan {
  const days = [...seen].filter((day) => day <= today + 1)
  if (days.length === 0) return { create: [], drop: [], firstKept: Number.NEGATIVE_INFINITY }
  const newest = days.reduce((a, b) => Math.max(a, b))
  const firstKept = newest - retentionDays + 1
  const first = Math.max(firstKept, newest + DAYS_AHEAD - MOST_DAYS + 1)
  const wanted = new Set(days)
  for (let ahead = 1; ahead <= DAYS_AHEAD; ahead++) wanted.add(newest + ahead)
  return {
    create: [...wanted].filter((day) => day >= first && !existing.has(day)).sort((a, b) => a - b),
    drop: [...existing].filter((day) => day < firstKept).sort((a, b) => a - b),
    firstKept,
  }
}
