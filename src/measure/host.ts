import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { HostFacts } from './run-record.ts'

/** Facts of this host for the manifest; call it before the run, as it notes the load that others put on it. */
export function hostFacts(): HostFacts {
  return {
    cpuModel: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryBytes: memoryBytes(),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    loadBefore: loadavg()[0] ?? 0,
  }
}

/** What this process may use: a container's limit where there is one. */
function memoryBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}
