import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyTables, scenarioJsonSchema } from '../../src/config/describe-keys.ts'
import { withTables } from '../../src/config/document-keys.ts'
import { listScenarios, loadScenario } from '../../src/config/load-scenario.ts'

const root = join(import.meta.dirname, '../..')
interface Described {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Described>>
}

const names = [
  'baseline',
  'clickstream',
  'cold-start',
  'events-500',
  'flash-sale',
  'hot-key',
  'posts-2m',
  'ramp',
  'read-heavy',
  'replay',
  'soak',
  'spike',
]
const page = readFileSync(join(root, 'docs/scenarios.md'), 'utf8')

test('every built-in scenario is listed and described', async () => {
  const all = await listScenarios()
  expect(all.map(({ name }) => name)).toEqual(names)
  expect(readdirSync(join(root, 'scenarios')).sort()).toEqual(
    [...names.map((name) => `${name}.yaml`), 'features', 'rep.schema.json', 'schema.json'].sort(),
  )
  for (const { title, description } of all) {
    expect(title).toMatch(/\?$/)
    expect(description.length).toBeGreaterThan(200)
  }
})

test.each(names)(
  '%s: its own title and objectives, a section in the docs, short unless it soaks',
  async (name) => {
    const scenario = await loadScenario(name, {}, {})
    const measuredMs = scenario.load.actions.phases.reduce((sum, { durationMs }) => sum + durationMs, 0)
    expect(scenario.warmupMs + measuredMs).toBeLessThanOrEqual(name === 'soak' ? 610_000 : 40_000)
    expect(scenario.title).not.toBe(name)
    expect(scenario.objectives).toContain('ledger clean')
    expect(page).toContain(`### ${name}\n`)
    const [firstLine] = readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8').split('\n')
    expect(firstLine).toBe('# yaml-language-server: $schema=schema.json')
  },
)

test('the JSON schema and the tables of the docs are current (npm run schema)', () => {
  expect(readFileSync(join(root, 'scenarios/schema.json'), 'utf8')).toBe(scenarioJsonSchema())
  expect(page).toBe(withTables(page, keyTables()))
})

test('every key of the schema says what it is', () => {
  const undescribed: string[] = []
  visit(JSON.parse(scenarioJsonSchema()) as Described, '')
  expect(undescribed).toEqual([])

  function visit(schema: Described, path: string): void {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      if (value.description === undefined) undescribed.push(`${path}.${key}`)
      visit(value, `${path}.${key}`)
    }
  }
})
