import { describe, expect, test } from 'vitest'
import type { KeyValue } from '../../src/ports/key-value.ts'
import { type TallyOptions, type TallySection, tallyKeys } from '../../src/ports/tallies.ts'

const OPTIONS: TallyOptions = { ttlMs: 3_600_000, moment: { name: 'second:7', ttlMs: 3_600_000 } }

/** What every key-value driver's tallies must do. */
export function describeTallies(store: () => KeyValue): void {
  describe('tallies', () => {
    test('a stretch is counted once, however often and by whom it is added', async () => {
      const first = section('t:0', null, [0, 10], { views: 3, 'café 🛒': 1 })
      expect(await add(store(), first)).toEqual([{ added: true, mark: null }])
      expect(await add(store(), first)).toEqual([{ added: false, mark: 10 }])
      // Another cut of the same stretch.
      expect(await add(store(), section('t:0', 5, [5, 12], { views: 9 }))).toEqual([
        { added: false, mark: 10 },
      ])
      expect(await add(store(), section('t:0', 10, [10, 12], { views: 2 }))).toEqual([
        { added: true, mark: 10 },
      ])
      await store().snapshotTally('s', 'a')
      expect(await read(store(), 'a')).toEqual({
        counts: { views: 5, 'café 🛒': 1 },
        stretches: { 't:0': { from: 0, to: 12 } },
      })
    })

    test('sections of one call stand for themselves', async () => {
      await add(store(), section('t:0', null, [0, 4], { views: 1 }))
      const results = await add(
        store(),
        section('t:0', null, [0, 4], { views: 100 }),
        section('t:1', null, [7, 9], { views: 20, likes: -2 }),
        section('t:1', 9, [9, 10], { likes: -1 }),
        section('u:1', 3, [3, 4], { views: 100 }),
      )
      expect(results).toEqual([
        { added: false, mark: 4 },
        { added: true, mark: null },
        { added: true, mark: 9 },
        { added: false, mark: null },
      ])
      await store().snapshotTally('s', 'a')
      expect(await read(store(), 'a')).toEqual({
        counts: { views: 21, likes: -3 },
        stretches: { 't:0': { from: 0, to: 4 }, 't:1': { from: 7, to: 10 } },
      })
    })

    test('of many that add the same stretch at once, one does', async () => {
      const attempts = Array.from({ length: 20 }, () =>
        add(store(), section('t:0', null, [0, 1], { views: 1 })),
      )
      const added = (await Promise.all(attempts)).filter(([result]) => result!.added)
      expect(added).toHaveLength(1)
    })

    test('a snapshot takes the counts and leaves the marks; the next stretch begins where it ended', async () => {
      expect(await store().snapshotTally('s', 'a')).toBeNull()
      await add(store(), section('t:0', null, [0, 10], { views: 3 }))
      expect(await store().snapshotTally('s', 'a')).toBe('a')
      await add(store(), section('t:0', 10, [10, 20], { views: 4 }))
      // One at a time: whoever asks meanwhile gets the one that there is.
      expect(await store().snapshotTally('s', 'b')).toBe('a')
      expect(await read(store(), 'b')).toBeNull()
      await store().dropTally('s', 'a')
      expect(await read(store(), 'a')).toBeNull()
      expect(await store().snapshotTally('s', 'b')).toBe('b')
      expect(await read(store(), 'b')).toEqual({
        counts: { views: 4 },
        stretches: { 't:0': { from: 10, to: 20 } },
      })
      await store().dropTally('s', 'b')
      await store().dropTally('s', 'b')
      expect(await store().snapshotTally('s', 'c')).toBeNull()
      expect(await add(store(), section('t:0', null, [0, 10], { views: 3 }))).toEqual([
        { added: false, mark: 20 },
      ])
    })

    test('dropping what is no longer the snapshot leaves the one that is', async () => {
      await add(store(), section('t:0', null, [0, 1], { views: 1 }))
      await store().snapshotTally('s', 'b')
      await store().dropTally('s', 'a')
      expect(await store().snapshotTally('s', 'c')).toBe('b')
      expect(await read(store(), 'b')).toMatchObject({ counts: { views: 1 } })
    })

    test('clearing removes counters, marks and snapshot, and nothing of other tallies', async () => {
      await add(store(), section('t:0', null, [0, 1], { views: 1 }))
      await store().snapshotTally('s', 'a')
      await add(store(), section('t:0', 1, [1, 2], { views: 1 }))
      await store().addToTally('other', [section('t:0', null, [0, 5], { views: 50 })], OPTIONS)
      await store().clearTally('s')
      await store().clearTally('s')
      expect(await store().snapshotTally('s', 'c')).toBeNull()
      expect(await read(store(), 'a')).toBeNull()
      expect(await add(store(), section('t:0', null, [0, 1], { views: 7 }))).toEqual([
        { added: true, mark: null },
      ])
      await store().snapshotTally('s', 'd')
      expect(await read(store(), 'd')).toMatchObject({ counts: { views: 7 } })
      expect(await store().snapshotTally('other', 'e')).toBe('e')
      expect((await store().readTally('other', 'e'))?.counts).toEqual(new Map([['views', 50]]))
    })

    test('counters without their mark take nothing more', async () => {
      await add(store(), section('t:0', null, [0, 5], { views: 1 }))
      await store().deleteMany([tallyKeys('s').marks])
      expect(await add(store(), section('t:0', null, [0, 5], { views: 1 }))).toEqual([
        { added: false, mark: null },
      ])
    })

    test('marks and counters of the moment are hashes', async () => {
      await add(store(), section('t:0', null, [0, 3], { a: 3 }, { VIEW: 2, LIKE: 1 }))
      await add(store(), section('t:1', null, [0, 1], { a: 1 }, { VIEW: 1 }))
      await add(store(), section('t:1', null, [0, 1], { a: 1 }, { VIEW: 1 }))
      const { marks, moment } = tallyKeys('s')
      expect(await store().getHashes([marks, moment('second:7'), moment('second:8')])).toEqual([
        { 't:0': '3', 't:1': '1' },
        { VIEW: '3', LIKE: '1' },
        null,
      ])
    })

    test('counters and marks to which nobody adds go; a snapshot stays', async () => {
      const brief = { ttlMs: 30, moment: { name: 'm', ttlMs: 30 } }
      const { marks, moment } = tallyKeys('s')
      const gone = async () => (await store().getHashes([marks, moment('m')])).every((hash) => hash === null)
      await store().addToTally('s', [section('t:0', null, [0, 5], { views: 1 }, { V: 1 })], brief)
      await expect.poll(gone, { timeout: 20_000 }).toBe(true)
      expect(await store().snapshotTally('s', 'none')).toBeNull()
      await store().addToTally('s', [section('t:0', null, [0, 5], { views: 1 })], OPTIONS)
      await store().snapshotTally('s', 'a')
      await store().addToTally('s', [section('t:0', 5, [5, 6], { views: 1 })], brief)
      await expect.poll(gone, { timeout: 20_000 }).toBe(true)
      expect(await read(store(), 'a')).toMatchObject({ counts: { views: 1 } })
      await add(store(), section('t:0', null, [6, 7], { views: 2 }))
      await store().dropTally('s', 'a')
      await store().snapshotTally('s', 'b')
      expect(await read(store(), 'b')).toEqual({
        counts: { views: 2 },
        stretches: { 't:0': { from: 6, to: 7 } },
      })
    })

    test('many counters at once', async () => {
      const counts = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p|${i}`, i + 1]))
      await add(store(), section('t:0', null, [0, 5000], counts))
      await store().snapshotTally('s', 'a')
      expect((await read(store(), 'a'))?.counts).toEqual(counts)
    })
  })
}

const add = (store: KeyValue, ...sections: TallySection[]) => store.addToTally('s', sections, OPTIONS)

async function read(store: KeyValue, id: string) {
  const snapshot = await store.readTally('s', id)
  if (snapshot === null) return null
  return {
    counts: Object.fromEntries(snapshot.counts),
    stretches: Object.fromEntries(snapshot.stretches),
  }
}

function section(
  source: string,
  expected: number | null,
  [from, to]: [number, number],
  counts: Record<string, number>,
  moment: Record<string, number> = {},
): TallySection {
  const maps = { counts: new Map(Object.entries(counts)), moment: new Map(Object.entries(moment)) }
  return { source, expected, from, to, ...maps }
}
