import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const TAIL_BYTES = 64 * 1024

/** The last lines of a text file, at most 64 KiB of it; none where there is no such file. */
export function lastLines(path: string, count: number): readonly string[] {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8', 0, read).trimEnd().split('\n').filter(Boolean).slice(-count)
  } finally {
    closeSync(file)
  }
}
