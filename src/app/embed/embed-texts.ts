import { dot } from '../../domain/vector.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { TextKind } from '../../ports/embedder.ts'
import { type ModelWish, openModel } from './open-model.ts'

export interface EmbeddedTexts {
  readonly model: string
  readonly dims: number
  readonly texts: readonly {
    readonly text: string
    readonly truncated: boolean
    readonly vector: readonly number[]
  }[]
  /** Cosine of each text with each; null where it was not asked for. */
  readonly similarity: readonly (readonly number[])[] | null
}

/** Embeds a few texts with a model of its own. Rejects with REP_USAGE where one is empty. */
export async function embedTexts(
  wish: ModelWish,
  texts: readonly string[],
  options: { readonly kind: TextKind; readonly similarity: boolean },
): Promise<EmbeddedTexts> {
  const empty = texts.findIndex((text) => text.trim() === '')
  if (empty >= 0) throw new RepError('REP_USAGE', `Text ${empty + 1} of ${texts.length} is empty.`)
  const embedder = await openModel({ ...wish, threads: wish.threads ?? 1 })
  try {
    const { model, dims } = embedder.capabilities
    const { rows, truncated } = await embedder.embed(texts, { kind: options.kind })
    const vectors = texts.map((_, i) => rows.subarray(i * dims, (i + 1) * dims))
    return {
      model,
      dims,
      texts: texts.map((text, i) => ({ text, truncated: truncated.includes(i), vector: [...vectors[i]!] })),
      similarity: options.similarity ? vectors.map((a) => vectors.map((b) => dot(a, b))) : null,
    }
  } finally {
    await embedder.close()
  }
}
