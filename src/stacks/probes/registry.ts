import { getJson } from './http.ts'

/** Subjects of a registry with Confluent's API. */
export function registrySubjects(url: string, signal: AbortSignal): Promise<readonly string[]> {
  return getJson<readonly string[]>(`${url}/subjects`, signal)
}
