import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ACTION_NAMES } from '../../../../src/domain/action-names.ts'
import { COLUMN_ROLES } from '../../../../src/load/replay/column-map.ts'
import { REPLAY_FORMATS } from '../../../../src/load/replay/detect-format.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/replay.md'), 'utf8')

test('the page lists every name of every action', () => {
  const rows = Object.entries(ACTION_NAMES).map(
    ([type, names]) => `| ${type} | ${names.map((name) => `\`${name}\``).join(', ')} |`,
  )
  const table = ['| action | names |', '| --- | --- |', ...rows].join('\n')
  expect(/<!-- actions -->\n(.*)\n<!-- \/actions -->/s.exec(page)?.[1]).toBe(table)
})

test('the page names every format and every role of a column', () => {
  for (const name of [...REPLAY_FORMATS, ...COLUMN_ROLES])
    expect(page).toMatch(new RegExp(`\`${name}\`|${name}=`))
})
