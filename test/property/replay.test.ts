import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseColumnMap } from '../../src/load/replay/column-map.ts'
import { READ_DEFAULTS } from '../../src/load/replay/open-replay.ts'
import { RecordSplitter } from '../../src/load/replay/record-splitter.ts'
import { ReplaySource } from '../../src/load/replay/replay-source.ts'
import { drainSource, inDirectory, readRows, scanText } from '../fixtures/replay/rows.ts'

const RUNS = { numRuns: 60 }
const MAP = parseColumnMap('user=u,item=i,time=t,query=q')

/** Any text, but rich in what matters to a CSV. */
const field = () =>
  fc.string({
    unit: fc.constantFrom('a', 'b', ',', '"', '\n', '\r\n', ';', ' ', 'é', '\u{1f600}', '0'),
    maxLength: 12,
  })

/** A field as it may be written: quoted where it must be, or at will. */
const written = (text: string, quoted: boolean) =>
  quoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

const table = () =>
  fc.array(
    fc.record({
      fields: fc.array(fc.tuple(field(), fc.boolean()), { minLength: 1, maxLength: 4 }),
      end: fc.constantFrom('\n', '\r\n'),
    }),
    { minLength: 1, maxLength: 12 },
  )

/** A row of the mapped columns: mostly an action, sometimes garbage of any kind. */
const row = () =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ user: fc.nat(9), time: fc.nat(1000), query: fc.tuple(field(), fc.boolean()) }),
    },
    { weight: 1, arbitrary: fc.constantFrom(',,,', 'u,i', 'u,i,never,', '"open', '"a"b,i,1,', 'u,i,1,,,,') },
  )

function lineOf(value: typeof row extends () => fc.Arbitrary<infer T> ? T : never): string {
  if (typeof value === 'string') return value
  const { user, time, query } = value
  return `u${user},p,${time},${written(...query)}`
}

function splitAll(text: string, pieces: readonly string[]) {
  const splitter = new RecordSplitter({ delimiter: ',' })
  return [...(text === '' ? [] : pieces.flatMap((piece) => splitter.push(piece))), ...splitter.end()]
}

function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = []
  let at = 0
  for (let i = 0; at < text.length; i++) {
    const length = lengths[i % lengths.length]!
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}

const lengths = () => fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

test('records of a well-formed table come back as they were written, with the number of their first line', () =>
  fc.assert(
    fc.property(table(), lengths(), (rows, sizes) => {
      let line = 1
      const expected: { line: number; fields: string[] }[] = []
      let text = ''
      for (const { fields, end } of rows) {
        const record = fields.map(([value, quoted]) => written(value, quoted)).join(',')
        // A line of blanks alone is no record.
        if (record.trim() !== '') expected.push({ line, fields: fields.map(([value]) => value) })
        text += record + end
        line += (record + end).split('\n').length - 1
      }
      const records = splitAll(text, cut(text, sizes))
      expect(records.map(({ line, fields }) => ({ line, fields }))).toEqual(expected)
    }),
    RUNS,
  ))

test('however a text is cut into pieces, its records are the same', () =>
  fc.assert(
    fc.property(fc.array(field(), { maxLength: 30 }), lengths(), (parts, sizes) => {
      const text = parts.join('')
      expect(splitAll(text, cut(text, sizes))).toEqual(splitAll(text, [text]))
    }),
    RUNS,
  ))

test('every line that is not blank is in exactly one record, and line numbers rise', () =>
  fc.assert(
    fc.property(fc.array(field(), { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      const records = splitAll(text, [text])
      const lines = text.split('\n')
      const covered = new Set<number>()
      for (const record of records) {
        const height = record.text.split('\n').length
        for (let line = record.line; line < record.line + height; line++) {
          expect(covered.has(line)).toBe(false)
          covered.add(line)
        }
        expect(lines[record.line - 1]!.replace(/\r$/, '')).toBe(
          record.text.split('\n')[0]!.replace(/\r$/, ''),
        )
      }
      lines.forEach((line, i) => {
        if (line.trim() !== '') expect(covered.has(i + 1)).toBe(true)
      })
      const numbers = records.map(({ line }) => line)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    }),
    RUNS,
  ))

test('readable and rejected rows are all rows, gzip or not', () =>
  fc.assert(
    fc.asyncProperty(fc.array(row(), { maxLength: 15 }), async (rows) => {
      const text = ['u,i,t,q', ...rows.map(lineOf)].join('\n')
      const plain = await readRows(text, { map: MAP })
      const zipped = await readRows(text, { map: MAP, zipped: true })
      expect(zipped).toEqual(plain)
      const records = splitAll(text, [text])
      const found = [...plain.rows, ...plain.rejects].map(({ line }) => line).sort((a, b) => a - b)
      expect(found).toEqual(records.slice(1).map(({ line }) => line))
      expect(plain.rejects.every(({ reason }) => reason !== '')).toBe(true)
    }),
    RUNS,
  ))

test('due times never decrease, and no readable row is dropped or doubled', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(5), fc.nat(100_000)), { minLength: 1, maxLength: 40 }),
      fc.constantFrom('time', 'file'),
      fc.constantFrom(0.5, 1, 60, 1000),
      async (rows, order, speed) =>
        inDirectory(async (directory) => {
          const lines = rows.map(([user, time], i) => `u${user},p,${time},row ${i}`)
          const read = { ...READ_DEFAULTS, map: MAP }
          const { tapeFile } = await scanText(directory, ['u,i,t,q', ...lines].join('\n'), { read, order })
          const driven = drainSource(new ReplaySource(tapeFile, { kind: 'recorded', speed }))
          const dueTimes = driven.map(({ dueUs }) => dueUs)
          expect(dueTimes).toEqual([...dueTimes].sort((a, b) => a - b))
          expect(dueTimes[0]).toBe(0)
          const sent = driven.map(
            ({ action }) => `${action.userId},p,${action.timestamp / 1e3},${action.query}`,
          )
          expect([...sent].sort()).toEqual([...lines].sort())
          expect(driven.map(({ sequence }) => sequence)).toEqual(driven.map((_, i) => i))
        }),
    ),
    RUNS,
  ))
