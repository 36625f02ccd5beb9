import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import type {
  ByteRange,
  ListOptions,
  ObjectBody,
  ObjectStore,
  StoredObject,
} from '../../ports/object-store.ts'
import { checkedKey } from './object-key.ts'

/** Where objects are written before they are moved to their place: on the same file system, never listed. */
const UNFINISHED = '.unfinished'
/** What is older was left by a process that died. */
const LEFT_AFTER_MS = 24 * 3_600_000
const PAGE = 1000

/**
 * Objects as files below a directory, which is made by the first write. An object is written under another name,
 * forced to disk and moved to its place; so it is there whole or not at all, also after a crash of the machine.
 */
export class DirectoryObjectStore implements ObjectStore {
  readonly capabilities: ObjectStore['capabilities']
  readonly #root: string
  #swept: Promise<void> | null = null

  constructor(directory: string) {
    this.#root = resolve(directory)
    this.capabilities = { driver: 'directory', place: this.#root }
  }

  async put(key: string, body: ObjectBody, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key)
    const unfinished = await this.#write(body, signal)
    try {
      await this.#makeParent(path)
      await rename(unfinished, path)
      await syncDirectory(dirname(path))
    } catch (error) {
      await rm(unfinished, { force: true })
      throw unavailable(path, error)
    }
  }

  async putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    const path = this.#path(key)
    const unfinished = await this.#write(body, signal)
    try {
      await this.#makeParent(path)
      // Unlike a rename, a link never replaces.
      await link(unfinished, path)
      await syncDirectory(dirname(path))
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw unavailable(path, error)
    } finally {
      await rm(unfinished, { force: true })
    }
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array | null> {
    signal?.throwIfAborted()
    const path = this.#path(key)
    const file = await orNull(path, () => open(path, 'r'))
    if (file === null) return null
    try {
      const found = await file.stat()
      if (!found.isFile()) return null
      const { size } = found
      const { start = 0, end = size } = range ?? {}
      const from = start < 0 ? Math.max(0, size + start) : Math.min(start, size)
      return await readBytes(file, from, Math.max(from, Math.min(end, size)))
    } catch (error) {
      throw unavailable(path, error)
    } finally {
      await file.close()
    }
  }

  async head(key: string): Promise<StoredObject | null> {
    const path = this.#path(key)
    const found = await orNull(path, () => stat(path))
    return found?.isFile() ? { key, bytes: found.size } : null
  }

  async *list(prefix: string, { after = '' }: ListOptions = {}): AsyncIterable<readonly StoredObject[]> {
    let page: StoredObject[] = []
    for await (const key of this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), { prefix, after })) {
      // Null: deleted since the directory was read.
      const found = await this.head(key)
      if (found !== null) page.push(found)
      if (page.length < PAGE) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const path = this.#path(key)
      await orNull(path, () => unlink(path))
    }
  }

  async close(): Promise<void> {
    // A sweep that failed was told to who wrote then.
    await Promise.allSettled([this.#swept])
  }

  /** Keys below one directory that begin with the prefix and come after `after`, in order. */
  async *#walk(directory: string, wanted: { prefix: string; after: string }): AsyncGenerator<string> {
    const { prefix, after } = wanted
    const path = join(this.#root, directory)
    const entries = (await orNull(path, () => readdir(path, { withFileTypes: true }))) ?? []
    for (const name of entries.filter(isVisible).map(nameInOrder).sort(byBytes)) {
      const key = directory + name
      if (name.endsWith('/')) {
        const within = key.startsWith(prefix) || prefix.startsWith(key)
        if (within && (after < key || after.startsWith(key))) yield* this.#walk(key, wanted)
      } else if (key.startsWith(prefix) && byBytes(key, after) > 0) yield key
    }
  }

  #path(key: string): string {
    return join(this.#root, checkedKey(key))
  }

  async #write(body: ObjectBody, signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted()
    const directory = join(this.#root, UNFINISHED)
    const path = join(directory, randomUUID())
    try {
      await mkdir(directory, { recursive: true })
      await this.#sweepOnce(directory)
      const file = await open(path, 'wx')
      try {
        for await (const part of body instanceof Uint8Array ? [body] : body) {
          signal?.throwIfAborted()
          await file.writeFile(part)
        }
        await file.sync()
      } finally {
        await file.close()
      }
      return path
    } catch (error) {
      await orNull(path, () => unlink(path))
      if (signal?.aborted) throw error
      throw unavailable(path, error)
    }
  }

  /** Once for each store; after a failure the next write tries again. */
  #sweepOnce(directory: string): Promise<void> {
    if (this.#swept === null) {
      const sweeping = sweep(directory)
      this.#swept = sweeping
      sweeping.catch(() => {
        if (this.#swept === sweeping) this.#swept = null
      })
    }
    return this.#swept
  }

  /** Makes the directories of a file, durable themselves. */
  async #makeParent(path: string): Promise<void> {
    const first = await mkdir(dirname(path), { recursive: true })
    if (first === undefined) return
    for (let made = dirname(path); made.length >= first.length; made = dirname(made)) {
      await syncDirectory(dirname(made))
    }
  }
}

function isVisible(entry: Dirent): boolean {
  return !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory())
}

/** With its slash a directory stands where its keys stand. */
function nameInOrder(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

async function readBytes(file: FileHandle, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from)
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
    if (bytesRead === 0) return bytes.subarray(0, at)
    at += bytesRead
  }
  return bytes
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Removes what processes left that died while they wrote. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const found = await orNull(path, () => stat(path))
    if (found !== null && found.mtimeMs < Date.now() - LEFT_AFTER_MS) await rm(path, { force: true })
  }
}

async function orNull<T>(path: string, step: () => Promise<T>): Promise<T | null> {
  try {
    return await step()
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw unavailable(path, error)
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

/** A full disk may have room later; what may not be written never may. */
function unavailable(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (error instanceof RepError || code === undefined) return error
  const refused = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR'
  const message = `${path} cannot be read or written: ${(error as Error).message}.`
  return new RepError(refused ? 'REP_ENVIRONMENT' : 'REP_STORE_UNAVAILABLE', message, { cause: error })
}
