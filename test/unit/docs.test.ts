import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cliReference } from '../../scripts/cli-reference.ts'
import { commandTable } from '../../scripts/command-table.ts'
import { listScenarios } from '../../src/config/load-scenario.ts'
import { CODES } from '../../src/errors/codes.ts'
import {
  anchorsOf,
  commandFaults,
  deadLinks,
  type Known,
  missingFiles,
  type Page,
  pages,
  root,
  shellLines,
} from '../fixtures/documents.ts'

const all = pages()
const commands = await commandTable()
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}
const known: Known = { commands, scripts: new Set(Object.keys(scripts)) }
const page = (path: string): Page => all.find((candidate) => candidate.path === path)!

test('docs/cli.md is what npm run docs:cli writes', () => {
  expect(page('docs/cli.md').text).toBe(cliReference(commands))
})

test('every command has a summary, an example, and a description of each argument and flag', () => {
  expect(commands.length).toBeGreaterThan(8)
  for (const { id, summary, examples, args, flags } of commands) {
    expect(summary, id).not.toBe('')
    expect(examples, id).not.toEqual([])
    for (const [name, { description = '' }] of Object.entries({ ...args, ...flags }))
      expect(description, `${id} ${name}`).not.toBe('')
  }
})

test('the examples of every command name real commands and flags', () => {
  for (const { id, examples } of commands)
    for (const example of examples) expect(commandFaults(example, known), `${id}: ${example}`).toEqual([])
})

test('rep simulate names every built-in scenario', async () => {
  const { description } = commands.find(({ id }) => id === 'simulate')!
  for (const { name } of await listScenarios()) if (name !== 'replay') expect(description).toContain(name)
})

test.each(all)('$path: links, files, commands and flags exist', (one) => {
  expect(deadLinks(one), 'links').toEqual([])
  expect(missingFiles(one), 'files').toEqual([])
  expect(
    shellLines(one.text).flatMap((line) => commandFaults(line, known)),
    'commands',
  ).toEqual([])
})

test('the README lists every command and every npm script; each page of docs/ is linked from somewhere', () => {
  const { text } = page('README.md')
  for (const { id } of commands) expect(text).toContain(`rep ${id}`)
  // npm runs these by itself.
  for (const script of [...known.scripts].filter((name) => !/^(pre|post)/.test(name)))
    expect(text).toMatch(new RegExp(`npm (run )?${script}\\b`))
  const links = all.flatMap(({ text }) =>
    Array.from(text.matchAll(/\]\(([^)\s#]+)/g), ([, target]) => target!),
  )
  for (const { path } of all.filter(({ path }) => path.startsWith('docs/')))
    expect(
      links.some((target) => path.endsWith(target.replace(/^(\.\.?\/)+/, ''))),
      path,
    ).toBe(true)
})

test('docs/architecture.md has every error code with its exit status', () => {
  const { text } = page('docs/architecture.md')
  for (const [code, { exit }] of Object.entries(CODES))
    expect(text).toMatch(new RegExp(`\\| ${exit} \\|[^\\n]*\`${code}\``))
})

test('the checks themselves find faults', () => {
  const wrong = (line: string) => commandFaults(line, known)
  expect(wrong('npx rep simulat --tps 5')).toEqual(['rep simulat: no such command'])
  expect(wrong('REP_TPS=1 npx rep simulate --tsp 5 | jq .x')).toEqual(['rep simulate: no flag --tsp'])
  expect(wrong('npm ci && npx rep report show --formt junit > a.xml')).toEqual([
    'rep report show: no flag --formt',
  ])
  expect(wrong('- run: npx rep replay a.csv --no-heading')).toEqual(['rep replay: no flag --no-heading'])
  expect(wrong('npm run nothing')).toEqual(['npm run nothing: no such script'])
  expect(wrong('npx rep replay a.csv --no-header && npm run build')).toEqual([])
  const text =
    'See [a](nowhere.md), [b](#none), [c](../src/none.ts), `src/app/none.ts`, `src/app/thread.ts`.\n# There\n'
  expect(deadLinks({ path: 'docs/x.md', text: text.replace('#none', '../README.md#none') })).toEqual([
    'nowhere.md',
    '../README.md#none',
    '../src/none.ts',
  ])
  expect(missingFiles({ text })).toEqual(['src/app/none.ts'])
  expect(anchorsOf('## `rep dlq`: what, and why?\n')).toEqual(new Set(['rep-dlq-what-and-why']))
})
