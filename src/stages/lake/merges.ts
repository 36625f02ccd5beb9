import { MERGES, mergeKey } from '../../domain/lake/lake-layout.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

/** One file that takes the place of several. */
export interface Merge {
  readonly output: string
  readonly inputs: readonly string[]
}

/**
 * Stores a merged file and removes what it was made of. The merge is noted before, so that whoever comes by after a
 * crash can finish it; readers that know the names take the merged file alone from the moment when it is there.
 */
export async function storeMerge(
  store: ObjectStore,
  merge: Merge,
  body: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  const note = mergeKey(merge.output)
  await store.put(note, new TextEncoder().encode(`${JSON.stringify(merge)}\n`))
  await store.put(merge.output, body())
  await store.delete(merge.inputs)
  await store.delete([note])
}

/** Finishes merges whose file is there but whose inputs may still be; says how many. */
export async function finishMerges(store: ObjectStore): Promise<number> {
  let finished = 0
  for await (const page of store.list(MERGES)) {
    for (const { key } of page) {
      const bytes = await store.get(key)
      const merge = bytes === null ? null : parse(key, bytes)
      // Without its file the merge did not happen, or happens just now.
      if (merge === null || (await store.head(merge.output)) === null) continue
      await store.delete(merge.inputs)
      await store.delete([key])
      finished++
    }
  }
  return finished
}

function parse(key: string, bytes: Uint8Array): Merge {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Merge
  } catch (error) {
    throw new RepError('REP_INPUT', `${key} does not say what was merged.`, { cause: error })
  }
}
