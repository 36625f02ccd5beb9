import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unzip } from '../../../../src/stacks/native/unzip.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-unzip-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

interface Entry {
  readonly name: string
  readonly text?: string
  readonly mode?: number
  readonly stored?: boolean
}

/** A zip archive as the format's description has it; extra fields differ between the headers, as they may. */
function zipOf(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const directoryParts: Buffer[] = []
  let offset = 0
  for (const { name, text = '', mode = 0, stored = false } of entries) {
    const raw = Buffer.from(text)
    const data = stored ? raw : deflateRawSync(raw)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(stored ? 0 : 8, 8)
    local.writeUInt32LE(crc32(raw), 14)
    local.writeUInt16LE(Buffer.byteLength(name), 26)
    local.writeUInt16LE(4, 28)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(stored ? 0 : 8, 10)
    central.writeUInt32LE(data.length, 20)
    central.writeUInt16LE(Buffer.byteLength(name), 28)
    central.writeUInt32LE((mode << 16) >>> 0, 38)
    central.writeUInt32LE(offset, 42)
    parts.push(local, Buffer.from(name), Buffer.from([1, 2, 0, 0]), data)
    directoryParts.push(central, Buffer.from(name))
    offset = Buffer.concat(parts).length
  }
  const central = Buffer.concat(directoryParts)
  const end = Buffer.alloc(22 + 3)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(3, 20)
  return Buffer.concat([...parts, central, end])
}

function archive(entries: readonly Entry[]): string {
  const path = join(directory, 'archive.zip')
  writeFileSync(path, zipOf(entries))
  return path
}

test('files keep their content and permissions; what has no place is left out', async () => {
  const long = 'a line of text\n'.repeat(20_000)
  const path = archive([
    { name: 'top/' },
    { name: 'top/bin/run', text: '#!/bin/sh\n', mode: 0o755, stored: true },
    { name: 'top/long.txt', text: long },
    { name: 'top/empty', stored: true },
    { name: 'top/unwanted', text: 'x' },
  ])
  const out = join(directory, 'out')
  await unzip(path, out, (name) => (name.endsWith('unwanted') ? null : name.slice('top/'.length)))
  expect(readFileSync(join(out, 'bin/run'), 'utf8')).toBe('#!/bin/sh\n')
  expect(statSync(join(out, 'bin/run')).mode & 0o777).toBe(0o755)
  expect(readFileSync(join(out, 'long.txt'), 'utf8')).toBe(long)
  expect(readFileSync(join(out, 'empty'), 'utf8')).toBe('')
  expect(existsSync(join(out, 'unwanted'))).toBe(false)
})

test('an archive cannot write outside of the directory', async () => {
  const path = archive([{ name: '../evil', text: 'x' }])
  await expect(unzip(path, join(directory, 'out'), (name) => name)).rejects.toThrow(/outside/)
  expect(existsSync(join(directory, 'evil'))).toBe(false)
})

test('what is not a zip archive, or has a damaged directory, is an error', async () => {
  const path = join(directory, 'archive.zip')
  writeFileSync(path, 'no archive')
  await expect(unzip(path, join(directory, 'out'), (name) => name)).rejects.toThrow(/not a zip archive/)
  const bytes = zipOf([{ name: 'a', text: 'x' }])
  bytes[bytes.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]))] = 0
  writeFileSync(path, bytes)
  await expect(unzip(path, join(directory, 'out'), (name) => name)).rejects.toThrow(/damaged/)
})
