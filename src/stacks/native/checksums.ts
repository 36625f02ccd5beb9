import { createHash } from 'node:crypto'
import { createReadStream, globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { RepError } from '../../errors/rep-error.ts'

/** SHA-256 of every file below a directory, by its path there, sorted; paths have slashes on every system. */
export async function checksumsOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = globSync('**/*', { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  const sums = new Map<string, string>()
  for (const file of files.sort()) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(join(directory, file)), hash)
    sums.set(file.replaceAll(sep, '/'), hash.digest('hex'))
  }
  return sums
}

/** Throws REP_ENVIRONMENT, naming every file that is missing, additional or different from the list. */
export async function verifyChecksums(directory: string, list: string): Promise<void> {
  const expected = parseChecksums(readFileSync(list, 'utf8'))
  const actual = await checksumsOf(directory)
  const faults = [...new Set([...expected.keys(), ...actual.keys()])].sort().flatMap((file) => {
    if (!actual.has(file)) return [`${file}: missing`]
    if (!expected.has(file)) return [`${file}: not in the list`]
    return actual.get(file) === expected.get(file) ? [] : [`${file}: has another SHA-256`]
  })
  if (faults.length === 0) return
  throw new RepError(
    'REP_ENVIRONMENT',
    'What Maven fetched for the native stack is not what was published: remove these from the local Maven repository and run rep up again.',
    { details: faults },
  )
}

/** Lines as sha256sum writes them: checksum, two spaces, path. */
export function parseChecksums(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  )
}
