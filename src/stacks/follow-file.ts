import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200
const CHUNK_BYTES = 64 * 1024

/**
 * What is appended to a text file from its present end on, until `signal` is aborted. Goes on with the new file
 * when it is replaced or cut; waits for it where there is none.
 */
export async function* followFile(
  path: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let at = openAt(path, 'end')
  const decoder = new StringDecoder('utf8')
  try {
    while (!signal.aborted) {
      at ??= openAt(path, 'start')
      if (at !== null) {
        for (let text = readMore(at, decoder); text !== null; text = readMore(at, decoder)) yield text
        if (isReplaced(path, at)) {
          closeSync(at.file)
          at = null
          continue
        }
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    if (at !== null) closeSync(at.file)
  }
}

interface Place {
  readonly file: number
  readonly inode: number
  offset: number
}

function openAt(path: string, where: 'start' | 'end'): Place | null {
  try {
    const file = openSync(path, 'r')
    const { ino, size } = fstatSync(file)
    return { file, inode: ino, offset: where === 'end' ? size : 0 }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Null at the end of the file. A character that is not yet whole is kept for the next time. */
function readMore(at: Place, decoder: StringDecoder): string | null {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  const read = readSync(at.file, buffer, 0, CHUNK_BYTES, at.offset)
  at.offset += read
  return read === 0 ? null : decoder.write(buffer.subarray(0, read))
}

function isReplaced(path: string, at: Place): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && (stats.ino !== at.inode || stats.size < at.offset)
}
