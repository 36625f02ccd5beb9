import { expect, test } from 'vitest'
import { ExpirySweep } from '../../../../src/drivers/key-value/expiry.ts'
import { openBinaryKeyed, openStringKeyed } from '../../../../src/drivers/lmdb-keys.ts'
import { openTemporaryState } from '../../../fixtures/temporary-state.ts'

async function withSweep(check: (tools: Tools) => void): Promise<void> {
  const { environment, close } = await openTemporaryState()
  const values = openStringKeyed(environment.state, 'values')
  const alarms = openBinaryKeyed(environment.state, 'alarms')
  const sweep = new ExpirySweep(values, alarms)
  const put = (key: string, expiresMs: number): void => {
    const bytes = Buffer.alloc(9)
    bytes.writeDoubleLE(expiresMs)
    values.putSync(key, bytes)
  }
  const keys = (): string[] => [...values.getKeys({ start: '\x00' })]
  try {
    check({ sweep, put, keys, alarmCount: () => [...alarms.getKeys({})].length })
  } finally {
    await close()
  }
}

interface Tools {
  sweep: ExpirySweep
  put(key: string, expiresMs: number): void
  keys(): string[]
  alarmCount(): number
}

test('removes what is over its time, in steps no larger than asked for', () =>
  withSweep(({ sweep, put, keys, alarmCount }) => {
    for (let i = 0; i < 10; i++) {
      put(`k${i}`, 1000 + i)
      sweep.arm(`k${i}`, 1000 + i)
    }
    put('later', 60_000)
    sweep.arm('later', 60_000)
    sweep.sweep(5000, 4)
    expect(keys()).toHaveLength(7)
    sweep.sweep(5000, 4)
    sweep.sweep(5000, 4)
    expect(keys()).toEqual(['later'])
    expect(alarmCount()).toBe(1)
  }))

test('a value renewed since its alarm was set lives on, and goes when its new time is over', () =>
  withSweep(({ sweep, put, keys }) => {
    put('k', 1000)
    sweep.arm('k', 1000)
    put('k', 20_000)
    sweep.sweep(10_000, 10)
    expect(keys()).toEqual(['k'])
    sweep.sweep(25_000, 10)
    expect(keys()).toEqual([])
  }))

test('a value that lost its expiry stays', () =>
  withSweep(({ sweep, put, keys, alarmCount }) => {
    put('k', 1000)
    sweep.arm('k', 1000)
    put('k', 0)
    sweep.sweep(10_000, 10)
    expect(keys()).toEqual(['k'])
    expect(alarmCount()).toBe(0)
  }))
