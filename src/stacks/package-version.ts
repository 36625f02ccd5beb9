import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The version in a dependency's package.json, which its exports may hide: looked for upwards from its entry. */
export function packageVersion(name: string): string {
  let directory = dirname(createRequire(import.meta.url).resolve(name))
  while (dirname(directory) !== directory) {
    const manifest = manifestAt(directory)
    if (manifest?.name === name && manifest.version !== undefined) return manifest.version
    directory = dirname(directory)
  }
  return 'unknown'
}

function manifestAt(directory: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      name?: string
      version?: string
    }
  } catch {
    // No manifest in this directory: it is further up.
    return null
  }
}
