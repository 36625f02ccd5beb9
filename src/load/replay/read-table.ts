import { guessDelimiter } from './guess-delimiter.ts'
import { jsonFields } from './json-fields.ts'
import { type RawRecord, RecordSplitter } from './record-splitter.ts'
import { readText } from './text-file.ts'

export interface TableOptions {
  /** Null: guessed from the first line. */
  readonly delimiter?: string | null
  /** False: the first record is data already. Default true. JSONL has no header. */
  readonly header?: boolean
  /** Columns of a CSV without a header; null: their numbers, from 1. */
  readonly columns?: readonly string[] | null
  /** Keys to read of each object of a JSONL; null: those of the first few. */
  readonly keys?: readonly string[] | null
  readonly signal?: AbortSignal
}

/** A CSV or JSONL file as records of named columns. */
export interface Table {
  readonly header: readonly string[]
  /** Records without the header, in batches of the pieces that were read; to be iterated once. */
  readonly records: AsyncGenerator<readonly RawRecord[]>
}

/**
 * Opens a CSV or JSONL file (gzip by content). JSONL is known by its first character; its columns are the
 * keys of its first objects. Null where the file has no record at all. Throws REP_INPUT as `readText` does.
 */
export async function openTable(file: string, options: TableOptions = {}): Promise<Table | null> {
  const pieces = readText(file, options.signal)
  const begun = await firstLine(pieces)
  if (begun === null) return null
  const json = begun.line.startsWith('{')
  const delimiter = json ? null : (options.delimiter ?? guessDelimiter(begun.line))
  const batches = split(begun.text, pieces, new RecordSplitter({ delimiter }))
  const first = await firstBatch(batches)
  const [head] = first
  if (head === undefined) return null
  if (json) {
    const header = options.keys ?? keysOf(first)
    return { header, records: asJson(join(first, batches), header) }
  }
  if (options.header ?? true) {
    const header = (head.fields ?? []).map((name) => name.trim())
    return { header, records: join(first.slice(1), batches) }
  }
  const header = options.columns ?? (head.fields ?? []).map((_, i) => String(i + 1))
  return { header, records: join(first, batches) }
}

/** Reads until the first line that is not blank is there; null where there is none. */
async function firstLine(pieces: AsyncGenerator<string>): Promise<{ text: string; line: string } | null> {
  let text = ''
  for (;;) {
    const { done, value } = await pieces.next()
    text += value ?? ''
    const trimmed = text.trimStart()
    const end = trimmed.indexOf('\n')
    if (done) return trimmed === '' ? null : { text, line: trimmed }
    if (end >= 0 || trimmed.length > MOST_FIRST_LINE)
      return { text, line: trimmed.slice(0, Math.max(end, 0) || MOST_FIRST_LINE) }
  }
}

const MOST_FIRST_LINE = 65_536

async function* split(
  begun: string,
  pieces: AsyncGenerator<string>,
  splitter: RecordSplitter,
): AsyncGenerator<readonly RawRecord[]> {
  yield splitter.push(begun)
  for await (const piece of pieces) yield splitter.push(piece)
  yield splitter.end()
}

async function firstBatch(batches: AsyncGenerator<readonly RawRecord[]>): Promise<readonly RawRecord[]> {
  for (;;) {
    const { done, value } = await batches.next()
    if (done) return []
    if (value.length > 0) return value
  }
}

async function* join(
  first: readonly RawRecord[],
  rest: AsyncGenerator<readonly RawRecord[]>,
): AsyncGenerator<readonly RawRecord[]> {
  yield first
  yield* rest
}

/** Every key of these lines: a line may leave out what it has no value for. */
function keysOf(records: readonly RawRecord[]): string[] {
  return [...new Set(records.flatMap(({ text }) => Object.keys(jsonFields(text) ?? {})))]
}

async function* asJson(
  batches: AsyncGenerator<readonly RawRecord[]>,
  header: readonly string[],
): AsyncGenerator<readonly RawRecord[]> {
  for await (const batch of batches) yield batch.map((record) => asRow(record, header))
}

function asRow(record: RawRecord, header: readonly string[]): RawRecord {
  if (record.fields === null) return record
  const object = jsonFields(record.text)
  if (object === null) return { ...record, fields: null, reason: 'the line is no JSON object' }
  return { ...record, fields: header.map((name) => object[name] ?? '') }
}
