import type { ElasticsearchClient } from './elasticsearch-client.ts'
import { CREATED_BY, FIRST_GENERATION, type IndexMapping } from './elasticsearch-indexes.ts'

/** `foreign`: there is an index of this name, but not one that rep created. */
export type IndexOwnership = 'missing' | 'owned' | 'foreign'

export interface OwnedIndex {
  readonly state: IndexOwnership
  /** The indexes behind the alias, by their own names. */
  readonly behind: readonly string[]
}

/** Whose an index is, by the note that rep writes into the mapping of each one that it creates. */
export async function ownershipOf(client: ElasticsearchClient, index: string): Promise<OwnedIndex> {
  const alias = client.prefix + index
  const found = new Map<string, IndexMapping>()
  for (const name of [alias, alias + FIRST_GENERATION]) {
    const { status, body } = await client.attempt<Record<string, { mappings: IndexMapping }>>({
      method: 'GET',
      path: `/${name}/_mapping`,
    })
    if (status !== 200) continue
    for (const [behind, { mappings }] of Object.entries(body)) found.set(behind, mappings)
  }
  const behind = [...found.keys()]
  if (behind.length === 0) return { state: 'missing', behind }
  const own = [...found.values()].every(({ _meta }) => _meta?.created_by === CREATED_BY)
  return { state: own ? 'owned' : 'foreign', behind }
}

/** Deletes an index where it is rep's. */
export async function removeOwned(client: ElasticsearchClient, index: string): Promise<void> {
  const { state, behind } = await ownershipOf(client, index)
  if (state !== 'owned') return
  for (const name of behind) await client.request({ method: 'DELETE', path: `/${name}` })
}
