import { chmodSync, createReadStream, createWriteStream, mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { RepError } from '../../errors/rep-error.ts'

// APPNOTE.TXT, PKWARE: 4.3.16 end of central directory, 4.3.12 central directory, 4.3.7 local header.
const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const END_BYTES = 22
const ENTRY_BYTES = 46
const LOCAL_BYTES = 30
const STORED = 0
const DEFLATED = 8

interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly storedBytes: number
  readonly localOffset: number
  /** Unix permissions; 0 where the archive has none. */
  readonly mode: number
}

/**
 * Unpacks the files of a zip archive that `place` gives a path below `directory` (null: left out). For archives
 * below 4 GiB without encryption, checked against their checksum before.
 */
export async function unzip(
  archive: string,
  directory: string,
  place: (name: string) => string | null,
): Promise<void> {
  const file = await open(archive)
  try {
    for (const entry of await readDirectory(file, archive)) {
      const path = entry.name.endsWith('/') ? null : place(entry.name)
      if (path !== null)
        await extract(archive, await contentOffset(file, entry), { ...entry, path: inside(directory, path) })
    }
  } finally {
    await file.close()
  }
}

async function readDirectory(file: FileHandle, archive: string): Promise<ZipEntry[]> {
  const { size } = await file.stat()
  const tail = await read(file, Math.max(0, size - END_BYTES - 0xffff), size)
  let at = tail.length - END_BYTES
  while (at >= 0 && tail.readUInt32LE(at) !== END_SIGNATURE) at--
  if (at < 0) throw new RepError('REP_ENVIRONMENT', `${archive} is not a zip archive.`)
  const start = tail.readUInt32LE(at + 16)
  const directory = await read(file, start, start + tail.readUInt32LE(at + 12))
  const entries: ZipEntry[] = []
  for (let offset = 0; offset < directory.length; ) {
    if (directory.readUInt32LE(offset) !== ENTRY_SIGNATURE)
      throw new RepError('REP_ENVIRONMENT', `${archive}: its directory is damaged.`)
    const nameBytes = directory.readUInt16LE(offset + 28)
    const nameAt = offset + ENTRY_BYTES
    entries.push({
      name: directory.toString('utf8', nameAt, nameAt + nameBytes),
      method: directory.readUInt16LE(offset + 10),
      storedBytes: directory.readUInt32LE(offset + 20),
      mode: (directory.readUInt32LE(offset + 38) >>> 16) & 0o777,
      localOffset: directory.readUInt32LE(offset + 42),
    })
    offset = nameAt + nameBytes + directory.readUInt16LE(offset + 30) + directory.readUInt16LE(offset + 32)
  }
  return entries
}

/** Where an entry's bytes start: behind its local header, whose lengths may differ from the directory's. */
async function contentOffset(file: FileHandle, { localOffset }: ZipEntry): Promise<number> {
  const local = await read(file, localOffset, localOffset + LOCAL_BYTES)
  return localOffset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28)
}

async function extract(archive: string, start: number, entry: ZipEntry & { path: string }): Promise<void> {
  mkdirSync(dirname(entry.path), { recursive: true })
  const out = createWriteStream(entry.path)
  const stored =
    entry.storedBytes === 0
      ? Readable.from([])
      : createReadStream(archive, { start, end: start + entry.storedBytes - 1 })
  if (entry.method === DEFLATED) await pipeline(stored, createInflateRaw(), out)
  else if (entry.method === STORED) await pipeline(stored, out)
  else throw new RepError('REP_ENVIRONMENT', `${entry.name}: unknown compression ${entry.method}.`)
  // Readable by all: some services run as another user than the one who unpacks.
  if (entry.mode !== 0) chmodSync(entry.path, entry.mode | 0o444)
}

function inside(directory: string, name: string): string {
  const path = resolve(directory, name)
  if (path.startsWith(resolve(directory) + sep)) return path
  throw new RepError('REP_ENVIRONMENT', `An archive wants to write outside ${directory}: ${name}`)
}

async function read(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start)
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
  return buffer.subarray(0, bytesRead)
}
