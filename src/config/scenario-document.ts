import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from 'yaml'
import type { Path } from './schema/keys.ts'

/** One fault of an input. `offset` orders the faults of a file; `place` is what the reader sees first. */
export interface Fault {
  readonly place: string
  readonly offset: number
  readonly message: string
}

/** A YAML text that knows where its keys and values stand. */
export interface ScenarioDocument {
  /** The plain value; an empty map where the text holds nothing. */
  readonly raw: unknown
  /** Faults of the YAML itself. */
  readonly faults: readonly Fault[]
  /** Where the tree stops being reliable: the offset of the first syntax error. */
  readonly reliableUntil: number
  /**
   * Place of a value, or of a key; of the nearest enclosing one where the text does not hold it. `column`
   * (from 1) points into a value that is one line of text.
   */
  locate(
    path: Path,
    at: 'key' | 'value',
    column?: number,
  ): { readonly place: string; readonly offset: number }
}

/** Reads YAML 1.2. Never throws: what is wrong is in `faults`. */
export function readDocument(text: string, file: string): ScenarioDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
  const faults = [...document.errors, ...document.warnings].map(({ pos, code, message }): Fault => {
    const said = SAID[code]?.(text, pos) ?? message.split('\n')[0]!.replace(/[:.]$/, '')
    return { place: placeOf(pos[0]), offset: pos[0], message: said }
  })
  const broken = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY').map(({ pos }) => pos[0])
  const plain = toPlain(document)
  if (plain.error !== undefined) faults.push({ place: placeOf(0), offset: 0, message: plain.error })
  return {
    raw: plain.value,
    faults,
    reliableUntil: plain.error === undefined ? Math.min(Number.POSITIVE_INFINITY, ...broken) : -1,
    locate(path, at, column = 1) {
      const start = offsetOf(document, path, at)
      const quoted = column > 1 && /^['"]/.test(text.slice(start, start + 1))
      const offset = start + column - 1 + (quoted ? 1 : 0)
      return { place: placeOf(offset), offset }
    },
  }
}

/** Our words where yaml's would not help the author of a scenario. */
const SAID: Readonly<Record<string, (text: string, pos: readonly [number, number]) => string>> = {
  DUPLICATE_KEY: duplicate,
  MULTIPLE_DOCS: () => 'a second document begins here; a scenario file holds one',
}

function duplicate(text: string, [from, to]: readonly [number, number]): string {
  const key = /^[\w.-]+/.exec(text.slice(from, Math.max(to, from + 80)))?.[0]
  return `${key === undefined ? 'a key' : `the key “${key}”`} is given twice here; keep one`
}

function toPlain(document: Document.Parsed): { value: unknown; error?: string } {
  try {
    return { value: document.toJS() ?? {} }
  } catch (error) {
    // Aliases that lead nowhere or that multiply beyond yaml's limit.
    return { value: {}, error: error instanceof Error ? error.message : String(error) }
  }
}

function offsetOf(document: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: Node | ParsedNode | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [i, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    const next = child(node, step)
    if (next === null) break
    const wantsKey = at === 'key' && i === path.length - 1
    // A value that is left empty (`seed:`) has no extent of its own worth pointing at: its key has.
    const empty = isScalar(next.value) && next.value.value === null && next.value.source === ''
    const target = (wantsKey || empty ? (next.key ?? next.value) : (next.value ?? next.key)) as Node | null
    offset = target?.range?.[0] ?? offset
    node = next.value as Node | null
  }
  return offset
}

function child(node: unknown, step: string | number): { key: unknown; value: unknown } | null {
  if (isSeq(node))
    return typeof step === 'number' && node.items.length > step
      ? { key: null, value: node.items[step] }
      : null
  if (!isMap(node)) return null
  // The last of two equal keys is the one whose value counts.
  return (
    node.items.findLast(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(step)) ??
    null
  )
}
