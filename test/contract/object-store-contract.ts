import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../src/ports/object-store.ts'

/** A store that is empty, how to open it once more, and how to be rid of it. */
export interface OpenedObjects {
  readonly store: ObjectStore
  again(): Promise<ObjectStore>
  close(): Promise<void>
}

/** What every object-store driver must do. */
export function describeObjectStore(name: string, open: () => Promise<OpenedObjects>): void {
  describe(`object store: ${name}`, () => {
    let opened: OpenedObjects
    let store: ObjectStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(async () => {
      await store.close()
      await opened.close()
    })

    test('gives back what was stored, byte for byte, and null where nothing was', async () => {
      await store.put('a/b=1/c.bin', bytes(0, 255, 128))
      await store.put('empty', bytes())
      expect(await read('a/b=1/c.bin')).toEqual([0, 255, 128])
      expect(await read('empty')).toEqual([])
      expect(await read('a/b=1')).toBeNull()
      expect(await read('a/b=1/c.bin/d')).toBeNull()
      expect(await store.head('a/b=1/c.bin')).toEqual({ key: 'a/b=1/c.bin', bytes: 3 })
      expect(await store.head('missing')).toBeNull()
    })

    test('replaces a whole object', async () => {
      await store.put('k', bytes(1, 2, 3, 4))
      await store.put('k', bytes(9))
      expect(await read('k')).toEqual([9])
    })

    test('reads ranges, from the end too, and no further than there is', async () => {
      await store.put('k', bytes(0, 1, 2, 3, 4, 5))
      expect(await read('k', { start: 2, end: 4 })).toEqual([2, 3])
      expect(await read('k', { start: 4 })).toEqual([4, 5])
      expect(await read('k', { start: -2 })).toEqual([4, 5])
      expect(await read('k', { start: 3, end: 99 })).toEqual([3, 4, 5])
      expect(await read('k', { start: 6 })).toEqual([])
    })

    test('stores what comes in pieces, large ones too', async () => {
      const size = 5 * 1024 * 1024
      const pieces = Array.from({ length: 8 }, (_, i) => new Uint8Array(size).fill(i + 1))
      async function* body() {
        yield* pieces
        yield bytes(7, 7, 7)
      }
      await store.put('large', body())
      expect(await store.head('large')).toEqual({ key: 'large', bytes: 8 * size + 3 })
      expect(await read('large', { start: 3 * size - 1, end: 3 * size + 1 })).toEqual([3, 4])
      expect(await read('large', { start: -4 })).toEqual([8, 7, 7, 7])
    })

    test('a body that breaks off leaves nothing, and what was there before', async () => {
      await store.put('kept', bytes(1))
      const size = 5 * 1024 * 1024
      const body = () =>
        (async function* () {
          for (let i = 0; i < 8; i++) yield new Uint8Array(size)
          throw new RangeError('the source broke')
        })()
      await expect(store.put('kept', body())).rejects.toThrow('the source broke')
      await expect(store.put('new', body())).rejects.toThrow('the source broke')
      expect(await read('kept')).toEqual([1])
      expect(await keys('')).toEqual(['kept'])
    })

    test('stores where there is none, once of many at the same time', async () => {
      const other = await opened.again()
      const tries = Array.from({ length: 12 }, (_, i) => (i % 2 ? store : other).putIfAbsent('k', bytes(i)))
      const won = await Promise.all(tries)
      await other.close()
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await read('k')).toEqual([won.indexOf(true)])
      expect(await store.putIfAbsent('k', bytes(99))).toBe(false)
      expect(await read('k')).toEqual([won.indexOf(true)])
    })

    test('lists by prefix in the order of the bytes, all of it', async () => {
      const names = ['a/1', 'a-b', 'a/2/x', 'a0', 'b/1', 'é/1', 'a/10', 'a/2']
      for (const name of names.slice(0, -1)) await store.put(name, bytes(1))
      const stored = names.slice(0, -1).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(await keys('')).toEqual(stored)
      expect(await keys('a/')).toEqual(['a/1', 'a/10', 'a/2/x'])
      expect(await keys('a/1')).toEqual(['a/1', 'a/10'])
      expect(await keys('a')).toEqual(['a-b', 'a/1', 'a/10', 'a/2/x', 'a0'])
      expect(await keys('a/', 'a/1')).toEqual(['a/10', 'a/2/x'])
      expect(await keys('a/', 'a/10')).toEqual(['a/2/x'])
      expect(await keys('', 'a/2')).toEqual(['a/2/x', 'a0', 'b/1', 'é/1'])
      expect(await keys('c')).toEqual([])
    })

    test('lists more than a page', async () => {
      const names = Array.from({ length: 1203 }, (_, i) => `p/${String(i).padStart(5, '0')}`)
      for (let from = 0; from < names.length; from += 50)
        await Promise.all(names.slice(from, from + 50).map((name) => store.put(name, bytes(1))))
      expect(await keys('p/')).toEqual(names)
      await store.delete(names)
      expect(await keys('')).toEqual([])
    })

    test('deletes what is there and ignores what is not', async () => {
      await store.put('x/1', bytes(1))
      await store.put('x/2', bytes(2))
      await store.delete(['x/1', 'x/3', 'y'])
      await store.delete([])
      expect(await keys('')).toEqual(['x/2'])
      await store.put('x/1', bytes(3))
      expect(await read('x/1')).toEqual([3])
    })

    test('refuses keys that could leave its place', async () => {
      for (const key of ['', '/a', 'a//b', '../a', 'a/../b', 'a/./b', 'a/', '.hidden'])
        await expect(store.put(key, bytes(1)), key).rejects.toMatchObject({ code: 'REP_INTERNAL' })
    })

    test('stores nothing for a signal that came before', async () => {
      await expect(store.put('k', bytes(1), AbortSignal.abort())).rejects.toThrow()
      expect(await keys('')).toEqual([])
    })

    async function read(key: string, range?: { start: number; end?: number }): Promise<number[] | null> {
      const found = await store.get(key, range)
      return found === null ? null : [...found]
    }

    async function keys(prefix: string, after?: string): Promise<string[]> {
      const found: string[] = []
      for await (const page of store.list(prefix, after === undefined ? {} : { after }))
        for (const { key } of page) found.push(key)
      return found
    }
  })
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}
