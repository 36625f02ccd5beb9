import { run, which } from '../../kernel/probe.ts'
import { isServiceName, type ServiceName, type StackDescription } from '../stack-description.ts'
import { projectOf } from './docker.ts'

const LIMIT_MS = 10_000
const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/** Memory of each service's container, bytes; none where Docker does not tell. */
export async function composeMemory({ name }: StackDescription): Promise<ReadonlyMap<ServiceName, number>> {
  const docker = which('docker')
  if (docker === null) return new Map()
  const format = '{{.Name}}\t{{.MemUsage}}'
  const { ok, text } = await run(docker, ['stats', '--no-stream', '--format', format], LIMIT_MS)
  return ok ? parseMemory(text, projectOf(name)) : new Map()
}

/** Lines `<project>-<service>-1<tab>512.3MiB / 1GiB`. */
export function parseMemory(text: string, project: string): ReadonlyMap<ServiceName, number> {
  const found = new Map<ServiceName, number>()
  for (const line of text.split('\n')) {
    const [container = '', usage = ''] = line.split('\t')
    const service = container.startsWith(`${project}-`) ? container.slice(project.length + 1, -2) : ''
    const [, figure, unit = ''] = /^([\d.]+)\s*([KMG]?i?B)/.exec(usage) ?? []
    const scale = UNITS[unit]
    if (isServiceName(service) && figure !== undefined && scale !== undefined)
      found.set(service, Math.round(Number(figure) * scale))
  }
  return found
}
