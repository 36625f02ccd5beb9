import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { RepError } from '../../errors/rep-error.ts'

const CHUNK_BYTES = 64 * 1024

/**
 * The text of a file, piece by piece, unzipped where its first bytes are gzip's; UTF-8, a byte order mark
 * dropped. Memory does not grow with the file. Throws REP_INPUT for a file that is missing, not a file,
 * empty, or whose gzip is cut short or damaged.
 */
export async function* readText(file: string, signal?: AbortSignal): AsyncGenerator<string> {
  const zipped = await isGzip(file)
  const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES, ...(signal ? { signal } : {}) })
  const source = zipped ? bytes.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : bytes
  // A pipe does not hand errors on: without this a failing disk would look like a gzip that never ends.
  if (source !== bytes) bytes.on('error', (error) => source.destroy(error))
  const decoder = new TextDecoder()
  try {
    for await (const chunk of source) yield decoder.decode(chunk as Uint8Array, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (signal?.aborted)
      throw new RepError('REP_INTERRUPTED', `Reading ${file} was interrupted: nothing was sent.`)
    throw new RepError('REP_INPUT', whyUnreadable(file, error), { cause: error })
  } finally {
    bytes.destroy()
  }
}

async function isGzip(file: string): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) throw new RepError('REP_INPUT', `${file} is not a file.`)
    const handle = await open(file, 'r')
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      if (bytesRead === 0) throw new RepError('REP_INPUT', `${file} is empty.`)
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof RepError) throw error
    throw new RepError('REP_INPUT', whyUnreadable(file, error), { cause: error })
  }
}

function whyUnreadable(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return `There is no file ${file}.`
  if (code === 'Z_BUF_ERROR') return `The gzip of ${file} is cut short: copy the file again.`
  if (code?.startsWith('Z_')) return `The gzip of ${file} is damaged (${message}): copy the file again.`
  return `${file} cannot be read: ${message}.`
}
