import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LmdbKeyValue } from '../../../src/drivers/key-value/lmdb.ts'
import { openBinaryKeyed } from '../../../src/drivers/lmdb-keys.ts'
import type { LmdbWriter } from '../../../src/drivers/lmdb-writer.ts'
import { openTemporaryState, type TemporaryState } from '../../fixtures/temporary-state.ts'

const value = Uint8Array.of(1)

describe('settlement', () => {
  let state: TemporaryState
  let keyValue: LmdbKeyValue
  let writer: LmdbWriter
  beforeEach(async () => {
    state = await openTemporaryState()
    writer = state.writer
    keyValue = new LmdbKeyValue(state.environment, writer)
  })
  afterEach(() => state.close())

  test('stores effects and commit together', async () => {
    await writer.settle(
      () => Promise.all([set('effect'), set('other')]),
      () => set('offset'),
    )
    expect(await present('effect', 'other', 'offset')).toEqual([true, true, true])
  })

  test('stores nothing when the commit is refused, whichever way', async () => {
    const refused = new Error('fenced')
    const refusals: (() => Promise<void>)[] = [
      () => Promise.reject(refused),
      async () => {
        await set('offset')
        throw refused
      },
      () => {
        throw refused
      },
    ]
    for (const commit of refusals) {
      await expect(writer.settle(() => set('effect'), commit)).rejects.toBe(refused)
      expect(await present('effect', 'offset')).toEqual([false, false])
    }
  })

  test('stores nothing when an effect fails after others were written', async () => {
    const failed = new Error('bad')
    const effects = async () => {
      await set('effect')
      throw failed
    }
    await expect(writer.settle(effects, () => set('offset'))).rejects.toBe(failed)
    expect(await present('effect', 'offset')).toEqual([false, false])
  })

  test('an abort does not take along what another caller was told is stored', async () => {
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>()
    const settled = writer.settle(
      async () => {
        await set('effect')
        await gate
        throw new Error('bad')
      },
      () => set('offset'),
    )
    const bystander = set('bystander')
    openGate()
    await expect(settled).rejects.toThrow('bad')
    await bystander
    expect(await present('effect', 'bystander')).toEqual([false, true])
  })

  test('a late write of the settlement itself still belongs to it', async () => {
    await writer.settle(
      async () => {
        await set('early')
        await set('late')
      },
      () => set('offset'),
    )
    expect(await present('early', 'late', 'offset')).toEqual([true, true, true])
  })

  test('settlements of one thread take turns', async () => {
    const order: string[] = []
    const settle = (name: string, fails: boolean) =>
      writer.settle(
        async () => {
          order.push(`${name} begins`)
          await set(name)
          await Promise.resolve()
          order.push(`${name} ends`)
          if (fails) throw new Error(name)
        },
        async () => undefined,
      )
    const results = await Promise.allSettled([settle('a', false), settle('b', true), settle('c', false)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(order).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]))
    expect(await present('a', 'b', 'c')).toEqual([true, false, true])
  })

  test('a write whose action throws leaves nothing behind, and errors that are not LMDB’s stay what they are', () => {
    const bug = new TypeError('bug')
    const store = openBinaryKeyed(state.environment.state, 'values')
    const key = Buffer.from('k')
    expect(() =>
      writer.write(() => {
        store.putSync(key, value)
        throw bug
      }),
    ).toThrow(bug)
    expect(store.getBinary(key)).toBeUndefined()
  })

  async function set(key: string): Promise<void> {
    await keyValue.setMany([{ key, value }])
  }

  async function present(...keys: string[]): Promise<boolean[]> {
    return (await keyValue.getMany(keys)).map((found) => found !== null)
  }
})
