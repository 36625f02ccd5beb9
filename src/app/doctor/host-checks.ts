import { access, constants, statfs } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { atLeast } from '../../kernel/probe.ts'
import { type CheckSubject, type DoctorCheck, found, missing, unusable, weak } from './check.ts'

const GIB = 2 ** 30
const NODE: CheckSubject = { id: 'node', title: 'Node.js', need: 'required', unlocks: 'everything' }
const DISK: CheckSubject = {
  id: 'data-dir',
  title: 'Data directory',
  need: 'required',
  unlocks: 'runs, reports and the embedded stack’s data',
}
const CPU: CheckSubject = {
  id: 'cpu',
  title: 'CPU',
  need: 'optional',
  unlocks: 'high rates: the generator and the pipeline each want a core',
}
const MEMORY: CheckSubject = {
  id: 'memory',
  title: 'Memory',
  need: 'optional',
  unlocks: 'the default scenarios (1 GiB) and a native stack (4 GiB)',
}

/** `minimum` is the lower bound of package.json's `engines.node`. */
export function checkNode(minimum: string, version = process.versions.node): DoctorCheck {
  const finding = { version, detail: process.execPath }
  if (atLeast(version, minimum)) return found(NODE, finding)
  return unusable(NODE, finding, `Use Node.js ${minimum} or newer; in a checkout npm ci brings one.`)
}

/** Write access to the data directory, or to where it would be made, and the space there. */
export async function checkDataDirectory(directory: string): Promise<DoctorCheck> {
  const place = await nearestExisting(directory)
  try {
    await access(place, constants.W_OK)
  } catch {
    return missing(DISK, `${place} is not writable`, 'Choose another place with --data-dir or REP_HOME.')
  }
  const { bavail, bsize } = await statfs(place)
  const freeBytes = bavail * bsize
  const finding = { detail: `${directory}, ${gib(freeBytes)} free` }
  if (freeBytes >= 2 * GIB) return found(DISK, finding)
  return weak(
    DISK,
    finding,
    'Free some space (a run of 20 s at 10,000/s takes some 100 MB), or use --data-dir.',
  )
}

export function checkCpu(): DoctorCheck {
  const cores = availableParallelism()
  const finding = {
    detail: `${cores} ${cores === 1 ? 'core' : 'cores'}, ${cpus()[0]?.model.trim() || 'unknown model'}`,
  }
  return cores >= 2
    ? found(CPU, finding)
    : weak(CPU, finding, 'Expect invalid runs above some thousand events/s.')
}

export function checkMemory(): DoctorCheck {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const free = process.availableMemory()
  const finding = { detail: `${gib(total)} in all, ${gib(free)} available` }
  return free >= GIB
    ? found(MEMORY, finding)
    : weak(MEMORY, finding, 'Free some memory, or lower users.count and catalogue.products.')
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await access(path)
    return path
  } catch {
    const parent = dirname(path)
    return parent === path ? path : nearestExisting(parent)
  }
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`
}
