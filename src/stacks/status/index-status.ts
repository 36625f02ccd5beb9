import { getJson } from '../probes/http.ts'

export interface IndexStatus {
  readonly name: string
  readonly health: string
  /** Without deleted ones; as of the last refresh. */
  readonly documents: number
  readonly bytes: number
}

/** Every index but Elasticsearch's own, sorted by name. */
export async function indexStatus(url: string, signal: AbortSignal): Promise<readonly IndexStatus[]> {
  const columns = 'index,health,docs.count,store.size'
  const rows = await getJson<readonly Readonly<Record<string, string | null>>[]>(
    `${url}/_cat/indices?format=json&bytes=b&h=${columns}&expand_wildcards=open`,
    signal,
  )
  return rows
    .map((row) => ({
      name: row.index ?? '',
      health: row.health ?? '',
      documents: Number(row['docs.count'] ?? 0),
      bytes: Number(row['store.size'] ?? 0),
    }))
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
