/** One record of a text file as it stands there. */
export interface RawRecord {
  /** Number of its first line in the file, from 1. */
  readonly line: number
  /** As read, without the line break at its end. */
  readonly text: string
  /** Null where the record is not well-formed; `reason` says why then. */
  readonly fields: readonly string[] | null
  readonly reason: string
}

export interface SplitterOptions {
  /** Between the fields of a CSV; null: a line is a record of one field, quotes mean nothing (JSONL). */
  readonly delimiter: string | null
  /** Most characters of a record. */
  readonly mostChars?: number
}

const MOST_CHARS = 2 ** 20
/** Of an overlong line only its beginning is kept. */
const KEPT_CHARS = 4096

/**
 * Splits text that comes in pieces into records (RFC 4180: fields in quotes may hold delimiters, line breaks
 * and doubled quotes; LF or CRLF; blank lines are skipped). What is not well-formed costs one line: the
 * record is refused and reading resumes on the line after its first. That is why no CSV parser is used here:
 * after an unclosed quote those give up, or take the rest of the file for one field. A quote inside a field
 * without quotes is an ordinary character.
 */
export class RecordSplitter {
  readonly #delimiter: string | null
  readonly #mostChars: number
  #text = ''
  #at = 0
  #line = 1
  /** Position of the next quote at or after `#at`; Infinity where there is none. */
  #quote = -1
  /** In a line that is too long to keep. */
  #skipping = false
  #ended = false

  constructor({ delimiter, mostChars = MOST_CHARS }: SplitterOptions) {
    this.#delimiter = delimiter
    this.#mostChars = mostChars
  }

  /** The records that are complete with this piece of text. */
  push(piece: string): RawRecord[] {
    this.#text = this.#at < this.#text.length ? this.#text.slice(this.#at) + piece : piece
    this.#at = 0
    this.#quote = -1
    const records: RawRecord[] = []
    while (this.#take(records));
    return records
  }

  /** The records that were waiting for more text. */
  end(): RawRecord[] {
    this.#ended = true
    return this.push('')
  }

  /** Takes one line or record; false when it needs more text. */
  #take(records: RawRecord[]): boolean {
    const lineEnd = this.#lineEnd(this.#at)
    if (lineEnd < 0) return this.#refuseOverlong(records)
    if (this.#skipping) {
      this.#skipping = false
      this.#moveTo(lineEnd)
      return true
    }
    const text = this.#slice(this.#at, lineEnd)
    if (text.length > this.#mostChars) {
      this.#refuse(records)
      this.#moveTo(lineEnd)
      return true
    }
    if (text.trim() === '') {
      this.#moveTo(lineEnd)
      return true
    }
    if (this.#delimiter === null) records.push({ line: this.#line, text, fields: [text], reason: '' })
    else if (this.#nextQuote() >= lineEnd)
      records.push({ line: this.#line, text, fields: text.split(this.#delimiter), reason: '' })
    else return this.#takeQuoted({ text, lineEnd }, records)
    this.#moveTo(lineEnd)
    return true
  }

  #takeQuoted(first: { text: string; lineEnd: number }, records: RawRecord[]): boolean {
    const parsed = this.#parseQuoted()
    if (parsed.end >= 0 && parsed.end - this.#at <= this.#mostChars) {
      const text = this.#slice(this.#at, parsed.end)
      records.push({ line: this.#line, text, fields: parsed.fields, reason: '' })
      this.#moveTo(parsed.end)
      return true
    }
    const overlong = this.#text.length - this.#at > this.#mostChars
    if (parsed.reason === OPEN && !this.#ended && !overlong) return false
    const column = parsed.fields.length + 1
    const why =
      parsed.reason === GARBAGE
        ? `column ${column} goes on after its closing quote`
        : `the quote that column ${column} begins with is not closed`
    records.push({ line: this.#line, text: first.text, fields: null, reason: why })
    this.#moveTo(first.lineEnd)
    return true
  }

  /** Parses a record that holds quotes. `end` is where its last line ends; -1 with what is wrong otherwise. */
  #parseQuoted(): { end: number; fields: string[]; reason: string } {
    const text = this.#text
    const delimiter = this.#delimiter!
    const fields: string[] = []
    let lineEnd = this.#lineEnd(this.#at)
    for (let at = this.#at; ; ) {
      let end: number
      if (text[at] === '"') {
        const field = this.#quotedField(at)
        if (field === null) return { end: -1, fields, reason: OPEN }
        end = field.end
        if (end > lineEnd) lineEnd = this.#lineEnd(end)
        if (lineEnd < 0) return { end: -1, fields, reason: OPEN }
        if (!text.startsWith(delimiter, end) && this.#slice(end, lineEnd) !== '') {
          return { end: -1, fields, reason: GARBAGE }
        }
        fields.push(field.value)
      } else {
        const next = text.indexOf(delimiter, at)
        end = next < 0 || next > lineEnd ? lineEnd : next
        fields.push(end === lineEnd ? this.#slice(at, end) : text.slice(at, end))
      }
      if (!text.startsWith(delimiter, end) || end >= lineEnd) return { end: lineEnd, fields, reason: '' }
      at = end + delimiter.length
    }
  }

  /** The field whose opening quote is at `from`, and the position after its closing quote; null while open. */
  #quotedField(from: number): { value: string; end: number } | null {
    const text = this.#text
    let value = ''
    for (let start = from + 1; ; ) {
      const quote = text.indexOf('"', start)
      if (quote < 0 || quote - from > this.#mostChars) return null
      value += text.slice(start, quote)
      if (text[quote + 1] !== '"') return { value, end: quote + 1 }
      value += '"'
      start = quote + 2
    }
  }

  /** A line without an end that is too long already: its beginning is refused, the rest skipped. */
  #refuseOverlong(records: RawRecord[]): boolean {
    if (this.#text.length - this.#at <= this.#mostChars) return false
    if (!this.#skipping) this.#refuse(records)
    this.#skipping = true
    this.#at = this.#text.length
    return false
  }

  #refuse(records: RawRecord[]): void {
    const text = this.#text.slice(this.#at, this.#at + Math.min(KEPT_CHARS, this.#mostChars))
    const reason = `the line is longer than ${this.#mostChars} characters`
    records.push({ line: this.#line, text, fields: null, reason })
  }

  /** Position of the line break that ends the line; the end of the text at the end; -1 if not there yet. */
  #lineEnd(from: number): number {
    const at = this.#text.indexOf('\n', from)
    if (at >= 0) return at
    return this.#ended && this.#text.length > this.#at ? this.#text.length : -1
  }

  #nextQuote(): number {
    if (this.#quote < this.#at) {
      const at = this.#text.indexOf('"', this.#at)
      this.#quote = at < 0 ? Infinity : at
    }
    return this.#quote
  }

  /** Text up to a line's end, without the CR before it. */
  #slice(from: number, lineEnd: number): string {
    const end = lineEnd > from && this.#text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd
    return this.#text.slice(from, end)
  }

  /** Goes on behind a line break, counting the lines on the way. */
  #moveTo(lineEnd: number): void {
    for (let at = this.#at; at >= 0 && at <= lineEnd; this.#line++) {
      const found = this.#text.indexOf('\n', at)
      at = found < 0 || found > lineEnd ? lineEnd + 1 : found + 1
    }
    this.#at = Math.min(lineEnd + 1, this.#text.length)
  }
}

/** Why a record with quotes did not end. */
const OPEN = 'open'
const GARBAGE = 'garbage'
