import type { TextKind } from '../../../ports/embedder.ts'

/** What a model wants before a text. The E5 models were trained with these two words; without them they rank worse. */
export function textPrefix(model: string, kind: TextKind): string {
  return /(^|[/-])e5-/i.test(model) ? `${kind}: ` : ''
}
