import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { portsFrom, resolveSettings, saveSettings, stackKind } from '../../../src/stacks/settings.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-settings-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('what is not given is as it was before, else a default', () => {
  const home = { root }
  const first = resolveSettings(home, 'native', { kafkaHeapMb: 700 })
  expect(first).toMatchObject({ portBase: 19090, kafkaHeapMb: 700, elasticsearchHeapMb: 1024 })
  saveSettings(home, 'native', { kind: 'native', ...first })
  expect(stackKind(home, 'native')).toBe('native')
  expect(resolveSettings(home, 'native', { portBase: 20_000 })).toEqual({ ...first, portBase: 20_000 })
})

test('stacks of one home get ports of their own', () => {
  const home = { root }
  const bases = ['native', 'second', 'third'].map((name) => {
    const settings = resolveSettings(home, name, {})
    saveSettings(home, name, { kind: 'native', ...settings })
    return settings.portBase
  })
  const ports = bases.flatMap((base) => Object.values(portsFrom(base)))
  expect(new Set(ports).size).toBe(ports.length)
  expect(resolveSettings(home, 'second', {}).portBase).toBe(bases[1])
})

test.each([
  [{ portBase: 80 }, 'portBase is 80'],
  [{ portBase: 65_530 }, 'portBase is 65530'],
  [{ elasticsearchHeapMb: 10 }, 'elasticsearchHeapMb is 10'],
])('%j is refused', (given, message) => {
  expect(() => resolveSettings({ root }, 'native', given)).toThrow(message)
})

test('a damaged file of settings is as none', () => {
  const home = { root }
  saveSettings(home, 'native', { kind: 'native', ...resolveSettings(home, 'native', { kafkaHeapMb: 700 }) })
  writeFileSync(join(root, 'stacks/native/settings.json'), '{"kafka')
  expect(resolveSettings(home, 'native', {}).kafkaHeapMb).toBe(512)
  expect(stackKind(home, 'native')).toBeNull()
})
