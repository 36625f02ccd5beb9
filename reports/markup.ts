/** Text that is safe to place into HTML or XML as it stands. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

export type MarkupPart = Markup | string | number | null | readonly MarkupPart[]

/** Template tag: everything interpolated is escaped unless it is markup itself; arrays are joined, null is nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  let text = strings[0]!
  parts.forEach((part, i) => {
    text += render(part) + strings[i + 1]!
  })
  return new Markup(text)
}

function render(part: MarkupPart): string {
  if (part === null) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escapeMarkup(part)
  return part.map(render).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes text and attribute values of HTML and XML; characters that XML 1.0 forbids become U+FFFD. */
export function escapeMarkup(text: string): string {
  return withoutControls(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!)
}

/** Replaces control characters (but tab and line breaks) and lone surrogates: no report passes them on. */
export function withoutControls(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (char) => ('\t\n\r'.includes(char) ? char : '\ufffd'))
}

/** A value as JSON that may stand inside a `<script>` element. */
export function scriptJson(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escapeUnicode))
}

function escapeUnicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
