import { textTable } from './text-table.ts'

/** What `rep embed` found, as far as its text shows it. */
export interface EmbedSummary {
  readonly model: string
  readonly dims: number
  readonly texts: readonly {
    readonly text: string
    readonly truncated: boolean
    readonly vector: readonly number[]
  }[]
  readonly similarity: readonly (readonly number[])[] | null
}

/** The similarities as a matrix; without them, each text's vector as one line of numbers. */
export function renderEmbed({ model, dims, texts, similarity }: EmbedSummary): string {
  const lines = [`${model}, ${dims} dimensions`, '']
  for (const [i, { text, truncated, vector }] of texts.entries()) {
    lines.push(`${i + 1}  ${text}${truncated ? '  (too long for the model: its end was cut off)' : ''}`)
    if (similarity === null) lines.push(`[${vector.map((value) => value.toPrecision(6)).join(', ')}]`)
  }
  if (similarity !== null) {
    const head = ['cosine', ...texts.map((_, i) => String(i + 1))]
    const rows = similarity.map((row, i) => [String(i + 1), ...row.map((value) => value.toFixed(3))])
    lines.push('', textTable([head, ...rows]))
  }
  return lines.join('\n')
}
