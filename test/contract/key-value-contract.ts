import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeyValue, KeyValueEntry } from '../../src/ports/key-value.ts'
import { describeTallies } from './tallies-contract.ts'

/** A store that is empty, and how to be rid of it. */
export interface OpenedKeyValue {
  readonly keyValue: KeyValue
  close(): Promise<void>
}

/** What every key-value driver must do. */
export function describeKeyValue(name: string, open: () => Promise<OpenedKeyValue>): void {
  describe(`key-value: ${name}`, () => {
    let opened: OpenedKeyValue
    let keyValue: KeyValue
    beforeEach(async () => {
      opened = await open()
      keyValue = opened.keyValue
    })
    afterEach(() => opened.close())

    describeTallies(() => keyValue)

    test('returns values by position, null where absent, byte for byte', async () => {
      await keyValue.setMany([entry('a', [0, 255, 128]), entry('café 🛒', [])])
      expect(plain(await keyValue.getMany(['café 🛒', 'missing', 'a', 'a']))).toEqual([
        [],
        null,
        [0, 255, 128],
        [0, 255, 128],
      ])
      expect(await keyValue.getMany([])).toEqual([])
    })

    test('keeps values of different sizes apart in one read, also large ones', async () => {
      const sizes = [1, 200_000, 7, 0, 70_000, 1600]
      await keyValue.setMany(
        sizes.map((size, i) => ({ key: `k${i}`, value: new Uint8Array(size).fill(i + 1) })),
      )
      const values = await keyValue.getMany(sizes.map((_, i) => `k${i}`))
      sizes.forEach((size, i) => {
        expect(values[i]?.length).toBe(size)
        expect(values[i]?.every((byte) => byte === i + 1)).toBe(true)
      })
    })

    test('two reads under way at once do not overwrite each other', async () => {
      await keyValue.setMany([entry('a', [1, 1]), entry('b', [2, 2])])
      const [first, second] = await Promise.all([keyValue.getMany(['a']), keyValue.getMany(['b'])])
      expect(plain(first)).toEqual([[1, 1]])
      expect(plain(second)).toEqual([[2, 2]])
    })

    test('replaces, deletes, and the last of equal keys wins', async () => {
      await keyValue.setMany([entry('a', [1]), entry('a', [2]), entry('b', [3])])
      await keyValue.deleteMany(['b', 'never there'])
      expect(plain(await keyValue.getMany(['a', 'b']))).toEqual([[2], null])
    })

    test('a value with a time to live goes; one set again without stays', async () => {
      await keyValue.setMany([
        { ...entry('short', [1]), ttlMs: 30 },
        { ...entry('kept', [2]), ttlMs: 30 },
      ])
      await keyValue.setMany([{ ...entry('long', [3]), ttlMs: 3_600_000 }, entry('kept', [4])])
      await until(async () => (await keyValue.getMany(['short']))[0] === null)
      expect(plain(await keyValue.getMany(['short', 'kept', 'long']))).toEqual([null, [4], [3]])
    })

    test('compare-and-set stores only over the version that it expects', async () => {
      const first = { ...versioned('a', 5), expectedVersion: null }
      expect(await keyValue.compareAndSetMany([first])).toEqual([true])
      expect(await keyValue.compareAndSetMany([first])).toEqual([false])
      const results = await keyValue.compareAndSetMany([
        { ...versioned('a', 6), expectedVersion: 4 },
        { ...versioned('a', 7), expectedVersion: 5 },
        { ...versioned('b', 1), expectedVersion: 0 },
        { ...versioned('c', 2 ** 40 + 1), expectedVersion: null },
      ])
      expect(results).toEqual([false, true, false, true])
      expect(
        await keyValue.compareAndSetMany([{ ...versioned('c', 1), expectedVersion: 2 ** 40 + 1 }]),
      ).toEqual([true])
      expect(plain(await keyValue.getMany(['a', 'b', 'c']))).toEqual([
        [...versioned('a', 7).value],
        null,
        [...versioned('c', 1).value],
      ])
    })

    test('of many that compare and set at once, one wins', async () => {
      await keyValue.compareAndSetMany([{ ...versioned('a', 0), expectedVersion: null }])
      const attempts = Array.from({ length: 20 }, (_, i) =>
        keyValue.compareAndSetMany([{ ...versioned('a', i + 1), expectedVersion: 0 }]),
      )
      const won = (await Promise.all(attempts)).filter(([set]) => set)
      expect(won).toHaveLength(1)
    })

    test('to compare-and-set, an expired value is absent', async () => {
      await keyValue.setMany([{ ...versioned('a', 9), ttlMs: 20 }])
      await until(async () => (await keyValue.getMany(['a']))[0] === null)
      expect(await keyValue.compareAndSetMany([{ ...versioned('a', 1), expectedVersion: 9 }])).toEqual([
        false,
      ])
      expect(await keyValue.compareAndSetMany([{ ...versioned('a', 1), expectedVersion: null }])).toEqual([
        true,
      ])
    })

    test('set-if-absent sets each key once, also within one call, and again after its time', async () => {
      const window = (key: string): KeyValueEntry => ({ ...entry(key, [1]), ttlMs: 30 })
      expect(await keyValue.setIfAbsentMany([window('a'), window('b'), window('a')])).toEqual([
        true,
        true,
        false,
      ])
      await until(async () => (await keyValue.getMany(['a']))[0] === null)
      expect(await keyValue.setIfAbsentMany([window('a')])).toEqual([true])
    })

    test('hashes are replaced whole, by position, null where absent or without fields', async () => {
      await keyValue.setHashes([
        { key: 'h1', fields: { name: 'café 🛒', empty: '', quote: '"\\\n' } },
        { key: 'h2', fields: { old: '1' } },
        { key: 'h3', fields: { gone: '1' } },
      ])
      await keyValue.setHashes([
        { key: 'h2', fields: { new: '2' }, ttlMs: 3_600_000 },
        { key: 'h3', fields: {} },
      ])
      expect(await keyValue.getHashes(['h2', 'absent', 'h1', 'h3'])).toEqual([
        { new: '2' },
        null,
        { name: 'café 🛒', empty: '', quote: '"\\\n' },
        null,
      ])
      await keyValue.deleteMany(['h1'])
      expect(await keyValue.getHashes(['h1'])).toEqual([null])
    })

    test('lists keep their order and repeats, are replaced whole, and are empty where absent', async () => {
      const long = Array.from({ length: 1200 }, (_, i) => `item ${i}`)
      await keyValue.setLists([
        { key: 'l1', items: ['b', 'a', 'b', ''] },
        { key: 'l2', items: ['old', 'older'] },
        { key: 'l3', items: long },
      ])
      await keyValue.setLists([{ key: 'l2', items: ['new'] }])
      expect(await keyValue.getLists(['l1', 'l2', 'l3', 'absent'])).toEqual([
        ['b', 'a', 'b', ''],
        ['new'],
        long,
        [],
      ])
      await keyValue.setLists([{ key: 'l1', items: [] }])
      expect(await keyValue.getLists(['l1'])).toEqual([[]])
    })

    test('a hash and a list with a time to live go', async () => {
      await keyValue.setHashes([{ key: 'h', fields: { a: '1' }, ttlMs: 30 }])
      await keyValue.setLists([{ key: 'l', items: ['1'], ttlMs: 30 }])
      await until(async () => (await keyValue.getHashes(['h']))[0] === null)
      await until(async () => (await keyValue.getLists(['l']))[0]?.length === 0)
    })

    test('counters count from 0 and begin anew when their time is over, counted from the first increment', async () => {
      expect(await keyValue.incrementMany(['a', 'b', 'a'], 2, 3_600_000)).toEqual([2, 2, 4])
      expect(await keyValue.incrementMany(['a'], 1, 1)).toEqual([5])
      expect(await keyValue.incrementMany(['short'], 1, 40)).toEqual([1])
      // Renewed at every increment it would never go back to 1.
      await until(async () => (await keyValue.incrementMany(['short'], 1, 40))[0] === 1)
      expect(await keyValue.incrementMany(['a'], 1, 1)).toEqual([6])
    })

    test('ranked sets add up scores and give the best first', async () => {
      await keyValue.rankMany('popular', [
        { member: 'x', score: 1 },
        { member: 'y', score: 2.5 },
        { member: 'z', score: 1 },
      ])
      await keyValue.rankMany('popular', [
        { member: 'x', score: 3 },
        { member: 'x', score: 0.5 },
      ])
      await keyValue.rankMany('popula', [{ member: 'r', score: 100 }])
      await keyValue.rankMany('popularity', [{ member: 'w', score: 100 }])
      expect(await keyValue.top('popular', 2)).toEqual([
        { member: 'x', score: 4.5 },
        { member: 'y', score: 2.5 },
      ])
      expect(await keyValue.top('popular', 10)).toHaveLength(3)
      expect(await keyValue.top('popular', 0)).toEqual([])
      expect(await keyValue.top('unknown', 10)).toEqual([])
    })
  })
}

function entry(key: string, bytes: number[]): KeyValueEntry {
  return { key, value: Uint8Array.from(bytes) }
}

function versioned(key: string, version: number): KeyValueEntry {
  const value = new Uint8Array(11).fill(7)
  new DataView(value.buffer).setBigUint64(0, BigInt(version), true)
  return { key, value }
}

function plain(values: readonly (Uint8Array | null)[]): (number[] | null)[] {
  return values.map((value) => (value === null ? null : [...value]))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('The condition was not met within the tries.')
}
