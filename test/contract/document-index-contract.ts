import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DocumentIndex, IndexedDocument } from '../../src/ports/document-index.ts'

/** An index service without indexes, and how to be rid of it. */
export interface OpenedDocumentIndex {
  readonly documents: DocumentIndex
  close(): Promise<void>
}

const INDEX = 'action'

/** What every document-index driver must do. */
export function describeDocumentIndex(name: string, open: () => Promise<OpenedDocumentIndex>): void {
  describe(`document-index: ${name}`, () => {
    let opened: OpenedDocumentIndex
    let documents: DocumentIndex
    beforeEach(async () => {
      opened = await open()
      documents = opened.documents
      await documents.ensureIndexes([{ index: INDEX, lookups: ['userId', 'productId'], time: 'timestamp' }])
    })
    afterEach(() => opened.close())

    test('says which documents are new and which replaced one', async () => {
      const first = await documents.upsertMany(INDEX, [
        action(1, { userId: 'a' }),
        action(2, { userId: 'a' }),
      ])
      expect([...first.created]).toEqual([1, 1])
      const second = await documents.upsertMany(INDEX, [
        action(2, { userId: 'b' }),
        action(3, {}),
        action(3, {}),
      ])
      expect([...second.created]).toEqual([0, 1, 0])
      expect(second.rejected).toEqual([])
      expect(await count()).toBe(3)
    })

    test('returns documents by position as they were put', async () => {
      const fields = {
        timestamp: 5,
        text: 'naïve “quotes” 🛍',
        nothing: null,
        flag: false,
        nested: { list: [1, { deep: 'x' }] },
        price: -1.5,
      }
      await documents.upsertMany(INDEX, [{ id: 'not a uuid: é', fields }, action(1, {})])
      expect(await documents.getMany(INDEX, [uuid(1), 'missing', 'not a uuid: é'])).toEqual([
        action(1, {}).fields,
        null,
        fields,
      ])
    })

    test('ids that differ only in the case of a UUID are different ids', async () => {
      const id = 'ABCDEF00-0000-7000-8000-000000000001'
      await documents.upsertMany(INDEX, [{ id, fields: { timestamp: 1, userId: 'a' } }])
      expect(await documents.getMany(INDEX, [id.toLowerCase(), id])).toEqual([
        null,
        { timestamp: 1, userId: 'a' },
      ])
      await documents.refresh(INDEX)
      expect((await documents.search(INDEX, { field: 'userId', value: 'a', limit: 9 }))[0]?.id).toBe(id)
    })

    test('finds by equality, newest first, up to the limit', async () => {
      await documents.upsertMany(
        INDEX,
        [1, 5, 3, 4, 2].map((i) => action(i, { userId: i === 4 ? 'b' : 'a' })),
      )
      await documents.upsertMany(INDEX, [action(7, { userId: 'a' }), action(6, { userId: 'ab' })])
      expect(await found({ field: 'userId', value: 'a', limit: 10 })).toEqual([7, 5, 3, 2, 1])
      expect(await found({ field: 'userId', value: 'a', limit: 2 })).toEqual([7, 5])
      expect(await found({ field: 'userId', value: 'ab', limit: 2 })).toEqual([6])
      expect(await found({ field: 'productId', value: 'a', limit: 2 })).toEqual([])
      expect(await found({ field: 'userId', value: '', limit: 2 })).toEqual([])
    })

    test('finds nothing older than asked for; the very time counts as in', async () => {
      await documents.upsertMany(
        INDEX,
        [1, 2, 3].map((i) => action(i, { userId: 'a' })),
      )
      expect(await found({ field: 'userId', value: 'a', limit: 10, sinceMs: 1002 })).toEqual([3, 2])
      expect(await found({ field: 'userId', value: 'a', limit: 10, sinceMs: 1002.5 })).toEqual([3])
      expect(await found({ field: 'userId', value: 'a', limit: 10, sinceMs: 5000 })).toEqual([])
    })

    test('gives fields of what it finds, newest first, those that are null or absent left out', async () => {
      await documents.upsertMany(INDEX, [
        action(1, { userId: 'a', productId: 'p', price: 1.5 }),
        action(2, { userId: 'b', productId: 'p', price: null }),
        action(3, { productId: 'p' }),
        action(4, { userId: 'a', productId: 'q' }),
      ])
      await documents.refresh(INDEX)
      const query = { field: 'productId', value: 'p', limit: 2 }
      expect(await documents.searchFields(INDEX, query, ['userId'])).toEqual([{}, { userId: 'b' }])
      expect(await documents.searchFields(INDEX, { ...query, limit: 9 }, ['userId', 'price'])).toEqual([
        {},
        { userId: 'b' },
        { userId: 'a', price: 1.5 },
      ])
      await expect(
        documents.searchFields(INDEX, { field: 'price', value: '1', limit: 1 }, ['userId']),
      ).rejects.toMatchObject({ code: 'REP_USAGE' })
    })

    test('a replaced document is found by what it holds now, once', async () => {
      await documents.upsertMany(INDEX, [action(1, { userId: 'a', productId: 'p' })])
      await documents.upsertMany(INDEX, [action(1, { userId: 'b', productId: 'p' })])
      await documents.upsertMany(INDEX, [action(1, { userId: 'b', productId: 'p' })])
      expect(await found({ field: 'userId', value: 'a', limit: 10 })).toEqual([])
      expect(await found({ field: 'userId', value: 'b', limit: 10 })).toEqual([1])
      expect(await found({ field: 'productId', value: 'p', limit: 10 })).toEqual([1])
    })

    test('finds over many batches, each document once', async () => {
      for (let batch = 0; batch < 40; batch++) {
        const ids = Array.from({ length: 25 }, (_, i) => batch * 25 + i)
        await documents.upsertMany(
          INDEX,
          ids.map((i) => action(i, { userId: `u${i % 7}`, productId: `p${i % 100}` })),
        )
      }
      const expected = Array.from({ length: 1000 }, (_, i) => 999 - i).filter((i) => i % 7 === 3)
      expect(await found({ field: 'userId', value: 'u3', limit: 1000 })).toEqual(expected)
      expect(await found({ field: 'productId', value: 'p42', limit: 3 })).toEqual([942, 842, 742])
      expect(await count()).toBe(1000)
    })

    test('long values are told apart to their last character', async () => {
      const long = 'x'.repeat(1000)
      await documents.upsertMany(INDEX, [
        action(1, { userId: `${long}1` }),
        action(2, { userId: `${long}2` }),
      ])
      expect(await found({ field: 'userId', value: `${long}1`, limit: 10 })).toEqual([1])
    })

    test('refuses a document that it cannot keep and keeps the others', async () => {
      const result = await documents.upsertMany(INDEX, [
        action(1, {}),
        { id: uuid(2), fields: { timestamp: 'yesterday' } },
        { id: '', fields: { timestamp: 1 } },
        action(3, {}),
      ])
      expect(result.rejected.map(({ position }) => position)).toEqual([1, 2])
      for (const { reason } of result.rejected) expect(reason).not.toBe('')
      expect([...result.created]).toEqual([1, 0, 0, 1])
      expect(await count()).toBe(2)
    })

    test('takes the same index twice, and names one that is not there', async () => {
      await documents.ensureIndexes([{ index: INDEX, lookups: ['userId', 'productId'], time: 'timestamp' }])
      await expect(documents.upsertMany('nowhere', [])).rejects.toMatchObject({ code: 'REP_NOT_FOUND' })
      await expect(documents.search(INDEX, { field: 'price', value: '1', limit: 1 })).rejects.toMatchObject({
        code: 'REP_USAGE',
      })
    })

    test('does nothing once it was told to stop', async () => {
      await expect(documents.upsertMany(INDEX, [action(1, {})], AbortSignal.abort())).rejects.toThrow()
      expect(await count()).toBe(0)
    })

    async function count(): Promise<number> {
      await documents.refresh(INDEX)
      return documents.count(INDEX)
    }

    async function found(query: Parameters<DocumentIndex['search']>[1]): Promise<number[]> {
      await documents.refresh(INDEX)
      return (await documents.search(INDEX, query)).map(({ fields }) => fields.number as number)
    }
  })
}

function uuid(number: number): string {
  return `018bcfe5-6800-7000-8000-${number.toString(16).padStart(12, '0')}`
}

function action(number: number, fields: Record<string, unknown>): IndexedDocument {
  return { id: uuid(number), fields: { timestamp: 1000 + number, number, ...fields } }
}
