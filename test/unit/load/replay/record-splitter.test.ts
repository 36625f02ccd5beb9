import { expect, test } from 'vitest'
import { RecordSplitter } from '../../../../src/load/replay/record-splitter.ts'

/** Records as `line: fields`, refused ones as `line! reason`. */
function split(
  text: string,
  options: { delimiter?: string | null; mostChars?: number; piece?: number } = {},
) {
  const { delimiter = ',', mostChars, piece = text.length + 1 } = options
  const splitter = new RecordSplitter({ delimiter, ...(mostChars === undefined ? {} : { mostChars }) })
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += piece) pieces.push(text.slice(at, at + piece))
  const records = [...pieces.flatMap((part) => splitter.push(part)), ...splitter.end()]
  return records.map(({ line, fields, reason }) =>
    fields === null ? `${line}! ${reason}` : `${line}: ${fields.map((field) => `[${field}]`).join('')}`,
  )
}

test('plain lines, LF and CRLF, with and without a line break at the end', () => {
  expect(split('a,b\r\nc,\n,d')).toEqual(['1: [a][b]', '2: [c][]', '3: [][d]'])
  expect(split('a\n')).toEqual(['1: [a]'])
  expect(split('')).toEqual([])
})

test('blank lines are no records but lines', () => {
  expect(split('\n\na,b\n  \r\n\nc,d\n\n')).toEqual(['3: [a][b]', '6: [c][d]'])
})

test('quoted fields hold delimiters, doubled quotes and line breaks; the line is the first', () => {
  const text = '"a,b","say ""hi""",""\n"one\r\ntwo\n\nthree",x\r\nlast,"y"'
  for (const piece of [1000, 1, 2, 3, 5]) {
    expect(split(text, { piece })).toEqual([
      '1: [a,b][say "hi"][]',
      '2: [one\r\ntwo\n\nthree][x]',
      '6: [last][y]',
    ])
  }
})

test('a quote inside a field without quotes is an ordinary character', () => {
  expect(split('15.6" screen,x\nb"",c\n')).toEqual(['1: [15.6" screen][x]', '2: [b""][c]'])
})

test('a quote that is never closed costs one line', () => {
  const good = Array.from({ length: 50 }, (_, i) => `${i},x`)
  const text = ['a,b', 'c,"d', ...good].join('\n')
  for (const piece of [10_000, 1, 7]) {
    const records = split(text, { piece })
    expect(records[1]).toBe('2! the quote that column 2 begins with is not closed')
    expect(records.slice(2)).toEqual(good.map((line, i) => `${i + 3}: [${line.replace(',', '][')}]`))
  }
})

test('an unclosed quote that meets a later one costs its own line, not those between', () => {
  expect(split('1,"open\n2,ok\n3,"quoted"\n4,ok\n')).toEqual([
    '1! column 2 goes on after its closing quote',
    '2: [2][ok]',
    '3: [3][quoted]',
    '4: [4][ok]',
  ])
})

test('text after a closing quote refuses the line', () => {
  expect(split('"a"b,c\nd,e\n')).toEqual(['1! column 1 goes on after its closing quote', '2: [d][e]'])
})

test('a record that is too long is refused, kept in part, and read on behind', () => {
  const text = `${'x'.repeat(100)}\na,b\n"${'y\n'.repeat(60)}",z\nc,d\n`
  for (const piece of [10_000, 1, 9, 64]) {
    const records = split(text, { mostChars: 50, piece })
    expect(records[0]).toBe('1! the line is longer than 50 characters')
    expect(records[1]).toBe('2: [a][b]')
    expect(records[2]).toBe('3! the quote that column 1 begins with is not closed')
    expect(records.at(-1)).toBe('64: [c][d]')
  }
})

test('another delimiter, and none for JSON lines', () => {
  expect(split('a;"b;c"\n', { delimiter: ';' })).toEqual(['1: [a][b;c]'])
  expect(split('a::b\n', { delimiter: '::' })).toEqual(['1: [a][b]'])
  expect(split('{"a":"b,\\"c"}\n{"\n', { delimiter: null })).toEqual(['1: [{"a":"b,\\"c"}]', '2: [{"]'])
})
