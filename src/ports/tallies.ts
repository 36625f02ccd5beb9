/**
 * What was counted of one source over one stretch of it. A source is a sequence of numbered things that are counted in
 * order, such as a partition of a topic.
 */
export interface TallySection {
  /** Without blanks. */
  readonly source: string
  /** Up to where the source must be counted already; null: nothing says how far. */
  readonly expected: number | null
  /** The stretch: first number, and the one after the last. `from` equals `expected` where that is not null. */
  readonly from: number
  readonly to: number
  /** What to add to each counter; names must not begin with `from:` or `to:`. */
  readonly counts: ReadonlyMap<string, number>
  /** The same for the counters of the moment (`TallyOptions.moment`). */
  readonly moment: ReadonlyMap<string, number>
}

export interface TallyOptions {
  /** How long counters live after the last addition. */
  readonly ttlMs: number
  /** A hash of its own beside the tally, e.g. of a second: `tallyKeys(tally).moment(name)`. */
  readonly moment: { readonly name: string; readonly ttlMs: number }
}

/** What became of a section. */
export interface TallyResult {
  readonly added: boolean
  /** Up to where the source was counted before; null where nothing says so. */
  readonly mark: number | null
}

/** What a snapshot holds: counts, and which stretch of each source they are of. */
export interface TallySnapshot {
  readonly counts: ReadonlyMap<string, number>
  readonly stretches: ReadonlyMap<string, { readonly from: number; readonly to: number }>
}

/**
 * Counters that know what they have counted. Beside them stands a mark for each source, and one atomic step checks and
 * moves marks and adds counts, so that nothing is counted twice whoever counts it again. Snapshots take the counters
 * away, one at a time, and leave the marks.
 */
export interface Tallies {
  /**
   * Adds each section whose source is counted up to `expected`, and no others; what became of each, by position. A
   * section is refused with its own `expected` as the mark where counters and mark contradict each other, which a
   * store that has lost one of them brings about: then `clearTally`.
   */
  addToTally(
    tally: string,
    sections: readonly TallySection[],
    options: TallyOptions,
  ): Promise<readonly TallyResult[]>
  /**
   * Moves the counters into a snapshot of this id, which lives until it is dropped. Where another snapshot is still
   * there it stays the only one. Returns the id of the one that there is; null where nothing was counted.
   */
  snapshotTally(tally: string, id: string): Promise<string | null>
  /** Null where there is no such snapshot. */
  readTally(tally: string, id: string): Promise<TallySnapshot | null>
  dropTally(tally: string, id: string): Promise<void>
  /** Removes counters, marks and snapshot: everything begins anew. */
  clearTally(tally: string): Promise<void>
}

/** The keys of a tally; the braces keep them on one node of a cluster. Marks and moments are hashes. */
export function tallyKeys(tally: string) {
  const base = `{${tally}}`
  return {
    live: `${base}:live`,
    marks: `${base}:marks`,
    /** Holds the id of the snapshot. */
    pending: `${base}:pending`,
    snapshot: (id: string) => `${base}:snapshot:${id}`,
    moment: (name: string) => `${base}:${name}`,
  }
}

/** Names under which a tally keeps where its counts begin and end, beside the counts. */
export const FROM = 'from:'
export const TO = 'to:'

/** Sorts the fields of a stored tally. */
export function tallySnapshot(fields: Iterable<readonly [string, number]>): TallySnapshot {
  const counts = new Map<string, number>()
  const from = new Map<string, number>()
  const to = new Map<string, number>()
  for (const [name, value] of fields) {
    if (name.startsWith(FROM)) from.set(name.slice(FROM.length), value)
    else if (name.startsWith(TO)) to.set(name.slice(TO.length), value)
    else counts.set(name, value)
  }
  const stretches = new Map(
    [...from].map(([source, start]) => [source, { from: start, to: to.get(source)! }]),
  )
  return { counts, stretches }
}
