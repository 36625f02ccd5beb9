import { getJson } from './http.ts'

export type ClusterStatus = 'green' | 'yellow' | 'red'

/** The cluster's status. Rejects where it does not answer or has no elected master. */
export async function clusterStatus(url: string, signal: AbortSignal): Promise<ClusterStatus> {
  const { status } = await getJson<{ status: ClusterStatus }>(`${url}/_cluster/health`, signal)
  return status
}

/** Resolves when every primary shard is at work. */
export async function probeElasticsearch(url: string, signal: AbortSignal): Promise<void> {
  const status = await clusterStatus(url, signal)
  if (status === 'red') throw new Error(`${url} is red: some primary shards are not at work`)
}
