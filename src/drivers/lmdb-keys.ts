import type { Database } from 'lmdb'
import type { LmdbRoot } from './lmdb-root.ts'

/** A database of the environment with binary values and string keys, ordered by their UTF-8 bytes. */
export function openStringKeyed(root: LmdbRoot, name: string): Database<Uint8Array, string> {
  return root.openDatabase<string>(name, { keyEncoder: utf8Keys })
}

/** A database of the environment with binary values and binary keys, ordered by byte. */
export function openBinaryKeyed(root: LmdbRoot, name: string): Database<Uint8Array, Uint8Array> {
  return root.openDatabase<Uint8Array>(name, { keyEncoding: 'binary' })
}

const utf8Keys = {
  writeKey(key: string, target: Buffer, start: number): number {
    return start + target.write(key, start, 'utf8')
  },
  readKey(source: Buffer, start: number, end: number): string {
    return source.toString('utf8', start, end)
  },
}
