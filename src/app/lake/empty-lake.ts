import type { Scenario } from '../../config/scenario.ts'
import { isLakeKey, LAKE_MARK } from '../../domain/lake/lake-layout.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Stack } from '../../ports/stack.ts'

/** Gives a run an empty lake, where it has one. */
export async function prepareLake(stack: Pick<Stack, 'openObjects'>, scenario: Scenario): Promise<void> {
  const { enabled, where } = scenario.pipeline.lake
  if (!enabled || where === null) return
  const store = await stack.openObjects(where)
  try {
    await emptyLake(store)
  } finally {
    await store.close()
  }
}

/**
 * Empties a lake that rep made and marks it as rep's: offsets begin anew with every run. Rejects with REP_FOREIGN,
 * before anything is touched, where there is something else.
 */
export async function emptyLake(store: ObjectStore): Promise<void> {
  const isMarked = (await store.head(LAKE_MARK)) !== null
  for await (const page of store.list('')) {
    const foreign = page.find(({ key }) => !isMarked || !isLakeKey(key))
    if (foreign === undefined) continue
    const { place } = store.capabilities
    throw new RepError('REP_FOREIGN', `${place} holds what is no lake of rep: ${foreign.key}.`, {
      details: ['a run begins with an empty lake: give it a place of its own by pipeline.lake.where'],
    })
  }
  if (!isMarked) await store.put(LAKE_MARK, new TextEncoder().encode('{"createdBy":"rep"}\n'))
  // The mark stays: without it, who is killed here would leave a lake that no run may empty.
  for await (const page of store.list('')) {
    const keys = page.map(({ key }) => key).filter((key) => key !== LAKE_MARK)
    if (keys.length > 0) await store.delete(keys)
  }
}
