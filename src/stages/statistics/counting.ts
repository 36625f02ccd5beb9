import type { EventLog, Position, StoredRecord } from '../../ports/event-log.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import type { TallyResult, TallySection } from '../../ports/tallies.ts'
import { add, countEvent, secondName, sourceOf, TALLY } from './counters.ts'
import type { LoggedEvent } from './event-rows.ts'
import { readMarks } from './marks.ts'
import type { Progress } from './progress.ts'

/** Records of a partition that are read and counted again at a time. */
const CHUNK = 2000
const MOMENT_TTL_MS = 120_000
/** Counters that nobody adds to and nobody flushes go after this time. */
const TTL_MS = 24 * 3_600_000

/** An event that was read, and what became of it. */
export interface TakenEvent extends LoggedEvent {
  /** Whether it is the one that counts of those with its trace id. */
  readonly counts: boolean
  /** Set when it is counted here; stays false where it had been counted before. */
  counted: boolean
}

/** What was read of one partition, up to an offset. */
export interface Stretch {
  readonly topic: string
  readonly partition: number
  /** Where `events` begin: what is before and not counted yet is read from the log. */
  readonly from: number
  readonly to: number
  readonly events: readonly TakenEvent[]
}

export interface CountingOptions {
  readonly log: EventLog
  readonly keyValue: KeyValue
  readonly progress: Progress
  /** Reads events of a partition, from an offset on, that are to be counted again. */
  readonly reread: (records: readonly StoredRecord[], from: Position) => Promise<TakenEvent[]>
  readonly say: (line: string) => void
}

/** What one call of the tally adds of a partition. */
interface Step {
  readonly stretch: Stretch
  readonly section: TallySection
  readonly taken: readonly TakenEvent[]
}

/**
 * Counts stretches of partitions into the key-value store, each once. A mark says how far a partition is counted; what
 * is before it is not counted again. A mark that is missing, or behind, tells that the store has lost counts: these
 * are made good from the log, from where PostgreSQL has them (docs/statistics.md).
 */
export class Counting {
  readonly #options: CountingOptions
  /** The mark of each source as it was last seen; null for none. */
  readonly #marks = new Map<string, number | null>()

  constructor(options: CountingOptions) {
    this.#options = options
  }

  /** Takes partitions over: how far they are counted, and that PostgreSQL knows of them. */
  async begin(assigned: readonly Position[]): Promise<void> {
    await this.#options.progress.ensure(assigned)
    await this.look(assigned.map(sourceOf))
  }

  /** Reads how far these sources are counted by what the key-value store has. */
  async look(sources: readonly string[]): Promise<void> {
    const marks = await readMarks(this.#options.keyValue)
    for (const source of sources) this.#marks.set(source, marks.get(source) ?? null)
  }

  /** Counts all of these; what comes before them and is not counted, too. After an error it may be called again. */
  async count(stretches: readonly Stretch[]): Promise<void> {
    let open = stretches
    let again = 0
    while (open.length > 0) {
      const starts = await this.#starts(open)
      open = open.filter((stretch) => this.#isOpen(stretch))
      const steps = await Promise.all(
        open.map((stretch) => this.#step(stretch, starts.get(sourceOf(stretch))!)),
      )
      again += await this.#add(steps)
    }
    if (again > 0) this.#options.say(`counts are restored: ${again} records were counted again`)
  }

  #isOpen(stretch: Stretch): boolean {
    const mark = this.#marks.get(sourceOf(stretch)) ?? null
    return mark === null || mark < stretch.to
  }

  /** Where each goes on: at its mark, or where PostgreSQL has all before. */
  async #starts(stretches: readonly Stretch[]): Promise<ReadonlyMap<string, number>> {
    const unmarked = stretches.filter((stretch) => (this.#marks.get(sourceOf(stretch)) ?? null) === null)
    const known = await this.#reached(unmarked)
    return new Map(
      stretches.map((stretch) => {
        const source = sourceOf(stretch)
        return [source, this.#marks.get(source) ?? known.get(source) ?? 0]
      }),
    )
  }

  /** Up to where PostgreSQL has these; one that was emptied meanwhile must know of them before a flush can go on. */
  async #reached(stretches: readonly Stretch[]): Promise<ReadonlyMap<string, number>> {
    if (stretches.length === 0) return new Map()
    await this.#options.progress.ensure(stretches)
    return this.#options.progress.read(stretches.map(sourceOf))
  }

  async #step(stretch: Stretch, start: number): Promise<Step> {
    const expected = this.#marks.get(sourceOf(stretch)) ?? null
    if (start >= stretch.from) {
      const taken = stretch.events.filter(({ offset }) => offset >= start)
      return stepOf({ stretch, expected, from: start, to: Math.max(start, stretch.to), taken, now: true })
    }
    const { topic, partition } = stretch
    const position = { topic, partition, offset: start }
    const read = await this.#options.log.read(position, CHUNK)
    const records = read.filter(({ offset }) => offset < stretch.from)
    await this.#sayTooOld(position, records[0]?.offset ?? stretch.from)
    const last = records.at(-1)
    const to = last === undefined ? stretch.from : last.offset + 1
    const taken = await this.#options.reread(records, position)
    return stepOf({ stretch, expected, from: start, to, taken, now: false })
  }

  async #sayTooOld({ topic, partition, offset }: Position, found: number): Promise<void> {
    if (found === offset) return
    const all = await this.#options.log.offsets(topic)
    const earliest = all.find((candidate) => candidate.partition === partition)?.earliest ?? 0
    if (earliest > offset)
      this.#options.say(
        `${topic} partition ${partition} no longer has offsets ${offset} to ${earliest - 1}: statistics lack what was lost of them`,
      )
  }

  /** Returns how many of the records were counted again. */
  async #add(steps: readonly Step[]): Promise<number> {
    if (steps.length === 0) return 0
    const { keyValue } = this.#options
    const moment = { name: secondName(Math.floor(Date.now() / 1000)), ttlMs: MOMENT_TTL_MS }
    const sections = steps.map(({ section }) => section)
    const results = await keyValue.addToTally(TALLY, sections, { ttlMs: TTL_MS, moment })
    if (steps.some(({ section }, i) => isTorn(section, results[i]!))) {
      this.#options.say(
        'the key-value store has lost a part of the counts: all that is not flushed is counted again',
      )
      await keyValue.clearTally(TALLY)
      for (const source of this.#marks.keys()) this.#marks.set(source, null)
      return 0
    }
    let again = 0
    const lost: string[] = []
    for (const [i, { section, stretch, taken }] of steps.entries()) {
      const { added, mark } = results[i]!
      this.#marks.set(section.source, added ? section.to : mark)
      if (!added && (mark ?? -1) < (section.expected ?? -1)) lost.push(section.source)
      if (!added) continue
      if (section.from < stretch.from) again += taken.length
      else for (const event of taken) event.counted = event.counts
    }
    if (lost.length > 0)
      this.#options.say(
        `the key-value store has lost counts of ${lost.length} partitions: they are counted again from the log`,
      )
    return again
  }
}

/** Counters and mark contradict each other. */
function isTorn(section: TallySection, { added, mark }: TallyResult): boolean {
  return !added && mark === section.expected
}

interface StepParts {
  readonly stretch: Stretch
  readonly expected: number | null
  readonly from: number
  readonly to: number
  readonly taken: readonly TakenEvent[]
  /** False for what is counted again: it is nothing of this moment. */
  readonly now: boolean
}

function stepOf({ stretch, expected, from, to, taken, now }: StepParts): Step {
  const counts = new Map<string, number>()
  const moment = new Map<string, number>()
  for (const { event, counts: isOne } of taken) {
    if (!isOne) continue
    countEvent(counts, event)
    if (now) add(moment, event.type)
  }
  return { stretch, taken, section: { source: sourceOf(stretch), expected, from, to, counts, moment } }
}
