import type { Database } from 'lmdb'
import {
  FROM,
  type TallyOptions,
  type TallyResult,
  type TallySection,
  type TallySnapshot,
  TO,
  tallyKeys,
  tallySnapshot,
} from '../../ports/tallies.ts'

const ID_BYTES = 4
const EMPTY = Buffer.alloc(0)
/** Key of the last number that was given. */
const NUMBERS = 'tallies:last'

/** Values with time to live, within the transaction of the caller. */
export interface TallyValues {
  /** The live value; null where there is none. Valid until the next call. */
  get(key: string): Buffer | null
  put(key: string, value: Uint8Array, ttlMs?: number): void
  remove(key: string): void
}

/**
 * Tallies on LMDB: counters are small values of their own, so that an addition need not write the others. The values
 * of counters and snapshot are a number, under which the counters are kept; to rename is to move that number.
 */
export class LmdbTallies {
  /** Keys: the number (4 bytes, big-endian), the counter's name. Values: little-endian double. */
  readonly #counters: Database<Uint8Array, Uint8Array>
  readonly #values: TallyValues
  readonly #key = Buffer.alloc(ID_BYTES + 2048)
  readonly #number = Buffer.alloc(8)

  constructor(counters: Database<Uint8Array, Uint8Array>, values: TallyValues) {
    this.#counters = counters
    this.#values = values
  }

  /** Call within a transaction. */
  add(tally: string, sections: readonly TallySection[], { ttlMs, moment }: TallyOptions): TallyResult[] {
    const keys = tallyKeys(tally)
    const live = this.#numberOf(keys.live) ?? this.#next(tally)
    const marks = this.#hash(keys.marks)
    const moments = this.#hash(keys.moment(moment.name))
    const results = sections.map((section) => {
      const { source, expected, from, to, counts } = section
      const mark = marks[source] ?? null
      const reached = this.#read(live, TO + source)
      const added = mark === expected && (reached === null || reached === from)
      if (added) {
        if (reached === null) this.#write(live, FROM + source, from)
        this.#write(live, TO + source, to)
        marks[source] = to
        for (const [name, by] of counts) this.#write(live, name, (this.#read(live, name) ?? 0) + by)
        for (const [name, by] of section.moment) moments[name] = (moments[name] ?? 0) + by
      }
      return { added, mark }
    })
    if (results.every(({ added }) => !added)) return results
    this.#putNumber(keys.live, live, ttlMs)
    this.#putHash(keys.marks, marks, ttlMs)
    this.#putHash(keys.moment(moment.name), moments, moment.ttlMs)
    return results
  }

  /** Call within a transaction. */
  snapshot(tally: string, id: string): string | null {
    const keys = tallyKeys(tally)
    const pending = this.#values.get(keys.pending)
    if (pending !== null) return pending.toString()
    const live = this.#numberOf(keys.live)
    if (live === null) return null
    this.#putNumber(keys.snapshot(id), live)
    this.#values.remove(keys.live)
    this.#values.put(keys.pending, Buffer.from(id))
    return id
  }

  read(tally: string, id: string): TallySnapshot | null {
    const number = this.#numberOf(tallyKeys(tally).snapshot(id))
    return number === null ? null : tallySnapshot(this.#all(number))
  }

  /** Call within a transaction. */
  drop(tally: string, id: string): void {
    const { snapshot, pending } = tallyKeys(tally)
    this.#removeAll(snapshot(id))
    if (this.#values.get(pending)?.toString() === id) this.#values.remove(pending)
  }

  /** Call within a transaction. */
  clear(tally: string): void {
    const { live, marks, pending } = tallyKeys(tally)
    const id = this.#values.get(pending)?.toString()
    if (id !== undefined) this.drop(tally, id)
    this.#removeAll(live)
    this.#values.remove(marks)
  }

  /** A number for new counters; removes what is left of counters that went by their time to live. */
  #next(tally: string): number {
    const { live, pending, snapshot } = tallyKeys(tally)
    const last = this.#numberOf(`${live}:last`)
    const id = this.#values.get(pending)?.toString()
    const kept = id === undefined ? null : this.#numberOf(snapshot(id))
    if (last !== null && last !== kept) this.#clearNumber(last)
    const next = (this.#numberOf(NUMBERS) ?? 0) + 1
    this.#putNumber(NUMBERS, next)
    this.#putNumber(`${live}:last`, next)
    return next
  }

  *#all(number: number): Iterable<[string, number]> {
    for (const { key, value } of this.#counters.getRange(rangeOf(number)))
      yield [(key as Buffer).toString('utf8', ID_BYTES), (value as Buffer).readDoubleLE(0)]
  }

  #removeAll(key: string): void {
    const number = this.#numberOf(key)
    if (number !== null) this.#clearNumber(number)
    this.#values.remove(key)
  }

  #clearNumber(number: number): void {
    for (const key of [...this.#counters.getKeys(rangeOf(number))]) this.#counters.removeSync(key)
  }

  #read(number: number, name: string): number | null {
    const stored = this.#counters.getBinaryFast(this.#keyOf(number, name)) as Buffer | undefined
    return stored === undefined ? null : stored.readDoubleLE(0)
  }

  #write(number: number, name: string, value: number): void {
    this.#number.writeDoubleLE(value, 0)
    this.#counters.putSync(this.#keyOf(number, name), this.#number)
  }

  #keyOf(number: number, name: string): Buffer {
    this.#key.writeUInt32BE(number, 0)
    return this.#key.subarray(0, ID_BYTES + this.#key.write(name, ID_BYTES, 'utf8'))
  }

  #numberOf(key: string): number | null {
    return this.#values.get(key)?.readUInt32BE(0) ?? null
  }

  #putNumber(key: string, number: number, ttlMs?: number): void {
    const bytes = Buffer.alloc(ID_BYTES)
    bytes.writeUInt32BE(number, 0)
    this.#values.put(key, bytes, ttlMs)
  }

  /** As the store keeps hashes: all values are text. */
  #putHash(key: string, counts: Readonly<Record<string, number>>, ttlMs: number): void {
    const fields = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)]))
    this.#values.put(key, Buffer.from(JSON.stringify(fields)), ttlMs)
  }

  #hash(key: string): Record<string, number> {
    const text = (this.#values.get(key) ?? EMPTY).toString()
    if (text === '') return {}
    const fields = JSON.parse(text) as Record<string, string>
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Number(value)]))
  }
}

function rangeOf(number: number): { start: Buffer; end: Buffer } {
  const start = Buffer.alloc(ID_BYTES)
  start.writeUInt32BE(number, 0)
  const end = Buffer.alloc(ID_BYTES)
  end.writeUInt32BE(number + 1, 0)
  return { start, end }
}
